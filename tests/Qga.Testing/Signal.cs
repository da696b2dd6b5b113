using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Qga.Testing;

/// <summary>The signals that tests send, see signal(7).</summary>
public enum Signal
{
    HangUp = 1,
    Interrupt = 2,
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

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
