using Qga.Platform.Native;

namespace Qga.Platform.Threads;

/// <summary>Threads for what waits in the kernel, beside those of the runtime's pool.</summary>
public static class OwnThread
{
    private const int StackSize = 1024 * 1024;

    /// <summary>Starts a thread that doesn't keep the process alive.</summary>
    /// <param name="name">What it is called in /proc, of which 15 characters are shown.</param>
    /// <param name="run">What runs on it; must not throw.</param>
    /// <exception cref="PlatformException">There are no threads left, or no memory for its stack: <paramref name="run"/> is never called.</exception>
    public static Thread Start(string name, Action run)
    {
        var thread = new Thread(() => run(), StackSize) { IsBackground = true, Name = name };
        try
        {
            thread.Start();
        }
        catch (Exception failure) when (IsLackOfThreads(failure))
        {
            throw Lack();
        }

        return thread;
    }

    /// <summary>Whether the runtime means that it got no thread: it has one exception for want of memory and of threads.</summary>
    internal static bool IsLackOfThreads(Exception failure) => failure is OutOfMemoryException or ThreadStartException;

    internal static SystemCallException Lack() => new(Errno.EAGAIN, "failed to create a thread");
}
