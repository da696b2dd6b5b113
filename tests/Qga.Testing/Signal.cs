using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Qga.Testing;

/// <summary>The signals that tests send, see signal(7).</summary>
public enum Signal
{
    HangUp = 1,
    Interrupt = 2,
    Abort = 6,
    Kill = 9,
    HandOver = 10,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

public static partial class Signals
{
    public static void Send(this Signal signal, int pid)
    {
        if (kill(pid, (int)signal) != 0)
            throw new Win32Exception();
    }

    /// <summary>Sends it, unless the process has ended.</summary>
    public static void TrySend(this Signal signal, int pid) => _ = kill(pid, (int)signal);

    /// <summary>Sends it to one thread, where the kernel would else choose one that takes it.</summary>
    public static void SendToThread(this Signal signal, int pid, int thread)
    {
        const int SYS_tgkill = 234;
        if (syscall(SYS_tgkill, pid, thread, (int)signal) != 0)
            throw new Win32Exception();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint pid, nint thread, nint signal);
}
