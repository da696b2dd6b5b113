using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Testing;

/// <summary>A process by a descriptor, see pidfd_open(2): no signal reaches another that has got its number since.</summary>
public sealed partial class ProcessHandle : IDisposable
{
    private const int ESRCH = 3;

    private readonly SafeFileHandle _descriptor;

    /// <param name="pid">A process that may have ended already.</param>
    public ProcessHandle(int pid)
    {
        Pid = pid;
        _descriptor = pidfd_open(pid, 0);
        if (_descriptor.IsInvalid && Marshal.GetLastPInvokeError() != ESRCH)
            throw new Win32Exception();
    }

    public int Pid { get; }

    /// <returns>False if the process has ended.</returns>
    public bool TrySend(Signal signal)
    {
        if (_descriptor.IsInvalid || _descriptor.IsClosed)
            return false;
        if (pidfd_send_signal(_descriptor, (int)signal, 0, 0) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == ESRCH ? false : throw new Win32Exception();
    }

    public void Dispose() => _descriptor.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial SafeFileHandle pidfd_open(int pid, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pidfd_send_signal(SafeFileHandle process, int signal, nint info, uint flags);
}
