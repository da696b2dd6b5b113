using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>Threads: pthread_create(3).</summary>
internal static partial class LibC
{
    /// <summary>Room for a <c>pthread_attr_t</c> of any architecture.</summary>
    internal const int ThreadAttributesSize = 64;

    private const int PTHREAD_CREATE_DETACHED = 1;

    /// <summary>Starts a thread that nobody waits for. It inherits the signals that the calling thread blocks.</summary>
    /// <returns>EAGAIN if the guest has no thread, or no memory for its stack.</returns>
    internal static unsafe Errno StartThread(delegate* unmanaged<nint, nint> run, nint argument, nuint stackSize)
    {
        var attributes = stackalloc byte[ThreadAttributesSize];
        _ = pthread_attr_init(attributes);
        _ = pthread_attr_setdetachstate(attributes, PTHREAD_CREATE_DETACHED);
        _ = pthread_attr_setstacksize(attributes, stackSize);
        var errno = (Errno)pthread_create(out _, attributes, run, argument);
        _ = pthread_attr_destroy(attributes);
        return errno;
    }

    [LibraryImport("libc")]
    private static unsafe partial int pthread_attr_init(byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial int pthread_attr_setdetachstate(byte* attributes, int state);

    [LibraryImport("libc")]
    private static unsafe partial int pthread_attr_setstacksize(byte* attributes, nuint size);

    [LibraryImport("libc")]
    private static unsafe partial int pthread_attr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial int pthread_create(out nint thread, byte* attributes, delegate* unmanaged<nint, nint> run, nint argument);
}
