using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Processes: <c>posix_spawn</c>, <c>waitpid</c>, <c>kill</c> and what a process has of its own.</summary>
internal static partial class LibC
{
    internal const short POSIX_SPAWN_SETSIGDEF = 0x04;
    internal const short POSIX_SPAWN_SETSIGMASK = 0x08;
    internal const short POSIX_SPAWN_SETSID = 0x80;

    internal const int SIGHUP = 1;
    internal const int SIGQUIT = 3;
    internal const int SIGUSR1 = 10;
    internal const int SIGUSR2 = 12;
    internal const int SIGINT = 2;
    internal const int SIGKILL = 9;
    internal const int SIGTERM = 15;
    internal const int SIGURG = 23;
    internal const int SIGCHLD = 17;
    private const nint SIG_DFL = 0;
    private const nint SIG_IGN = 1;
    internal const int SIG_SETMASK = 2;
    private const int FirstRealTimeSignal = 32;
    internal const int SIGILL = 4;
    internal const int SIGTRAP = 5;
    internal const int SIGABRT = 6;
    internal const int SIGBUS = 7;
    internal const int SIGFPE = 8;
    internal const int SIGSEGV = 11;
    internal const int SIGPIPE = 13;
    internal const int SIGSYS = 31;
    internal const int SIG_BLOCK = 0;
    internal const int WNOHANG = 1;
    internal const int WEXITED = 4;
    internal const int WNOWAIT = 0x01000000;
    internal const int P_ALL = 0;
    internal const int P_PID = 1;
    internal const int PR_GET_CHILD_SUBREAPER = 37;

    /// <summary>The size of a <c>siginfo_t</c>, and where <c>si_code</c>, <c>si_pid</c> and <c>si_status</c> are in it.</summary>
    internal const int SignalInformationSize = 128;
    internal const int SignalCodeOffset = 8;
    internal const int SignalProcessOffset = 16;
    internal const int SignalStatusOffset = 24;

    internal const int CLD_EXITED = 1;

    /// <summary>Room for a <c>posix_spawnattr_t</c> (336 bytes) or a <c>posix_spawn_file_actions_t</c> (80 bytes).</summary>
    internal const int SpawnStructSize = 512;

    /// <summary>Room for a <c>sigset_t</c>.</summary>
    internal const int SignalSetSize = 128;

    /// <summary>In place of the first descriptor to be closed.</summary>
    internal const int CloseNone = -1;

    /// <summary>
    /// Runs the program of that file, in a session of its own if it is to have one, with every signal at its default and none
    /// blocked, unless one is named. It has the given descriptors under the given numbers, and otherwise those of the calling
    /// thread as far as they aren't <c>O_CLOEXEC</c>; they are taken over in order, so a number must not be one of those still to
    /// come. Arguments and environment are strings that each end in NUL, one after the other, as /proc/self/cmdline and
    /// /proc/self/environ have them. Descriptors from <paramref name="closeFrom"/> on are closed before the program's file is
    /// looked at; the kernel would do so after.
    /// </summary>
    internal static unsafe Errno Spawn(
        string program,
        ReadOnlySpan<byte> arguments,
        ReadOnlySpan<byte> environment,
        ReadOnlySpan<(int From, int To)> descriptors,
        bool hasSession,
        out int process,
        int closeFrom = CloseNone,
        int blockedSignal = 0)
    {
        var attributes = stackalloc byte[SpawnStructSize];
        var actions = stackalloc byte[SpawnStructSize];
        var signals = stackalloc byte[SignalSetSize];
        fixed (byte* argumentBytes = arguments, environmentBytes = environment)
        {
            var argumentPointers = PointersTo(argumentBytes, arguments);
            var environmentPointers = PointersTo(environmentBytes, environment);
            process = 0;

            // On Linux these can't fail (glibc, musl): they fill in a record.
            posix_spawnattr_init(attributes);
            const short Signals = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
            posix_spawnattr_setflags(attributes, hasSession ? (short)(POSIX_SPAWN_SETSID | Signals) : Signals);
            SetOf(blockedSignal, signals);
            posix_spawnattr_setsigmask(attributes, signals);

            // Also those that the C library keeps to itself, which sigfillset(3) leaves out and the child would ignore.
            new Span<byte>(signals, SignalSetSize).Fill(0xFF);
            posix_spawnattr_setsigdefault(attributes, signals);
            posix_spawn_file_actions_init(actions);
            try
            {
                // dup2 of a descriptor to itself clears its FD_CLOEXEC in the child (posix_spawn_file_actions_adddup2(3p)).
                foreach (var (from, to) in descriptors)
                {
                    if (posix_spawn_file_actions_adddup2(actions, from, to) is not Errno.Success and var errno)
                        return errno;
                }

                if (closeFrom != CloseNone && posix_spawn_file_actions_addclosefrom_np(actions, closeFrom) is not Errno.Success and var lack)
                    return lack;

                fixed (nint* argv = argumentPointers, envp = environmentPointers)
                    return posix_spawn(out process, program, actions, attributes, argv, envp);
            }
            finally
            {
                posix_spawn_file_actions_destroy(actions);
                posix_spawnattr_destroy(attributes);
            }
        }
    }

    /// <summary>Waits for the end of a child: the exit code, or else the signal that ended it.</summary>
    internal static Errno AwaitExit(int process, out int exitCode, out int signal) => Wait(process, 0, out _, out exitCode, out signal);

    /// <summary>Waits for the end of a child: its exit code, or 128 and the signal that ended it, as a shell tells it.</summary>
    internal static Errno WaitForExit(int process, out int exitCode)
    {
        var errno = AwaitExit(process, out exitCode, out var signal);
        if (signal != 0)
            exitCode = 128 + signal;
        return errno;
    }

    /// <summary>Looks whether a child has ended, and takes its end: the exit code, or else the signal that ended it.</summary>
    internal static Errno TakeExit(int process, out bool hasEnded, out int exitCode, out int signal) =>
        Wait(process, WNOHANG, out hasEnded, out exitCode, out signal);

    /// <summary>As <see cref="TakeExit"/>, and leaves the end to be taken.</summary>
    internal static unsafe Errno PeekExit(int process, out bool hasEnded, out int exitCode, out int signal)
    {
        var information = stackalloc byte[SignalInformationSize];
        int result;
        do
        {
            // It says nothing of a child that runs.
            *(int*)(information + SignalProcessOffset) = 0;
            result = waitid(P_PID, process, information, WEXITED | WNOHANG | WNOWAIT);
        }
        while (result < 0 && LastError == Errno.EINTR);

        hasEnded = result == 0 && *(int*)(information + SignalProcessOffset) != 0;
        var hasExited = *(int*)(information + SignalCodeOffset) == CLD_EXITED;
        var status = *(int*)(information + SignalStatusOffset);
        (exitCode, signal) = !hasEnded ? (0, 0) : hasExited ? (status, 0) : (0, status);
        return result < 0 ? LastError : Errno.Success;
    }

    /// <summary>Waits for the end of a child, and leaves it to be taken.</summary>
    internal static unsafe void AwaitEnd(int process)
    {
        var information = stackalloc byte[SignalInformationSize];
        while (waitid(P_PID, process, information, WEXITED | WNOWAIT) < 0 && LastError == Errno.EINTR)
        {
        }
    }

    /// <summary>Waits until a child has ended, and leaves it in the process table; 0 if there is no child to wait for.</summary>
    internal static unsafe int AwaitEndedChild()
    {
        var information = stackalloc byte[SignalInformationSize];
        int result;
        do
        {
            result = waitid(P_ALL, 0, information, WEXITED | WNOWAIT);
        }
        while (result < 0 && LastError == Errno.EINTR);
        return result == 0 ? *(int*)(information + SignalProcessOffset) : 0;
    }

    /// <summary>
    /// Whether processes that lose their parent become our children: we are the first of our namespace, or asked for them (prctl(2)).
    /// </summary>
    internal static bool AdoptsOrphans() =>
        Environment.ProcessId == 1 || prctl(PR_GET_CHILD_SUBREAPER, out var isSubreaper, 0, 0, 0) == 0 && isSubreaper != 0;

    /// <summary>A descriptor that is readable when the process has ended; invalid on a kernel that has none (before 5.3).</summary>
    internal static SafeFileHandle OpenProcess(int process) => new(syscall(SYS_pidfd_open, process, 0, 0), ownsHandle: true);

    /// <summary>
    /// Sends the signal to the process of <see cref="OpenProcess"/>, whoever has its number by now; ENOSYS on a kernel before 5.1.
    /// </summary>
    internal static Errno SignalProcess(SafeFileHandle process, int signal) =>
        syscall(SYS_pidfd_send_signal, process, signal, nint.Zero, 0) < 0 ? LastError : Errno.Success;

    /// <summary>Sends the signal to every process of the group that a child of ours leads.</summary>
    internal static Errno SignalGroup(int leader, int signal) => kill(-leader, signal) < 0 ? LastError : Errno.Success;

    /// <summary>Sends the signal to a child that has not been waited for.</summary>
    internal static Errno SignalChild(int process, int signal) => kill(process, signal) < 0 ? LastError : Errno.Success;

    internal static void IgnoreSignal(int number) => signal(number, SIG_IGN);

    /// <summary>Gives a signal that is ignored its default.</summary>
    internal static void HeedSignal(int number)
    {
        if (signal(number, SIG_DFL) is not SIG_IGN and var former)
            signal(number, former);
    }

    /// <summary>Blocks no signal on this thread, nor on those that it makes.</summary>
    internal static unsafe void UnblockSignals()
    {
        var none = stackalloc byte[SignalSetSize];
        sigemptyset(none);
        _ = sigprocmask(SIG_SETMASK, none, null);       // it fails for addresses and for a first argument that make no sense
    }

    /// <summary>
    /// Keeps from the calling thread, and those that it makes from then on, every signal that somebody else sends. What the thread's own
    /// instructions raise stays, and so do the real-time signals, of which the runtime's collector and the C library have some.
    /// </summary>
    internal static unsafe void BlockSignals()
    {
        ulong signals = 0;
        for (var number = 1; number < FirstRealTimeSignal; number++)
        {
            if (number is not (SIGILL or SIGTRAP or SIGABRT or SIGBUS or SIGFPE or SIGSEGV or SIGSYS))
                signals |= 1UL << (number - 1);
        }

        var set = stackalloc byte[SignalSetSize];
        new Span<byte>(set, SignalSetSize).Clear();
        *(ulong*)set = signals;
        _ = sigprocmask(SIG_BLOCK, set, null);          // it fails for addresses and for a first argument that make no sense
    }

    /// <summary>Gives every signal its default effect, which a program that is executed keeps.</summary>
    internal static void ResetSignals()
    {
        for (var number = 1; number <= 8 * sizeof(ulong); number++)
            signal(number, SIG_DFL);
    }

    /// <summary>Becomes the program of that file, with our environment.</summary>
    /// <returns>Why that can't be.</returns>
    internal static unsafe Errno Become(string program, ReadOnlySpan<byte> arguments)
    {
        fixed (byte* argumentBytes = arguments)
        {
            fixed (nint* argv = PointersTo(argumentBytes, arguments))
                _ = execv(program, argv);
        }

        return LastError;
    }

    /// <summary>Becomes the program of that file, with exactly that environment.</summary>
    /// <returns>Why that can't be.</returns>
    internal static unsafe Errno Become(string program, ReadOnlySpan<byte> arguments, ReadOnlySpan<byte> environment)
    {
        fixed (byte* argumentBytes = arguments, environmentBytes = environment)
        {
            fixed (nint* argv = PointersTo(argumentBytes, arguments), envp = PointersTo(environmentBytes, environment))
                _ = execve(program, argv, envp);
        }

        return LastError;
    }

    /// <summary>Becomes the program of a descriptor, with exactly that environment; execveat(2).</summary>
    /// <returns>
    /// Why that can't be: ENOENT also if it is a script, whose interpreter could not open a descriptor that is close-on-exec; ENOSYS where it is
    /// kept from us.
    /// </returns>
    internal static unsafe Errno Become(SafeFileHandle program, ReadOnlySpan<byte> arguments, ReadOnlySpan<byte> environment)
    {
        byte nothing = 0;
        fixed (byte* argumentBytes = arguments, environmentBytes = environment)
        {
            fixed (nint* argv = PointersTo(argumentBytes, arguments), envp = PointersTo(environmentBytes, environment))
                _ = syscall(ArchitectureNumbers.Own.SYS_execveat, program, &nothing, argv, envp, AT_EMPTY_PATH);
        }

        return LastError;
    }

    /// <summary>Becomes a user for good, with all threads; and gives up what root may do, unless he is root.</summary>
    internal static Errno BecomeUser(uint user, uint group, ReadOnlySpan<uint> groups)
    {
        if (setgroups((nuint)groups.Length, groups) < 0 || setresgid(group, group, group) < 0 || setresuid(user, user, user) < 0)
            return LastError;
        return user == 0 ? Errno.Success : DropThreadCapabilities();
    }

    /// <summary>A descriptor that is readable when the signal has come, which all threads must block; signalfd(2).</summary>
    internal static unsafe Errno OpenSignal(int number, out SafeFileHandle signals)
    {
        var set = stackalloc byte[SignalSetSize];
        SetOf(number, set);
        var descriptor = signalfd(-1, set, O_NONBLOCK | O_CLOEXEC);
        signals = new SafeFileHandle(descriptor, ownsHandle: true);
        return descriptor < 0 ? LastError : Errno.Success;
    }

    /// <summary>The set of that signal alone; of none for 0.</summary>
    private static unsafe void SetOf(int number, byte* set)
    {
        sigemptyset(set);
        if (number > 0)
            sigaddset(set, number);
    }

    /// <summary>The value of an environment variable as this process was started with it; null if it was not set.</summary>
    internal static unsafe string? EnvironmentVariable(string name) => getenv(name) is var value && value == null
        ? null
        : KernelPath.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(value));

    internal static void SetFileModeMask(UnixFileMode mask) => umask(mask);

    private static Errno Wait(int process, int options, out bool hasEnded, out int exitCode, out int signal)
    {
        int status, result;
        do
        {
            result = waitpid(process, out status, options);
        }
        while (result < 0 && LastError == Errno.EINTR);

        hasEnded = result > 0;
        signal = status & 0x7F;
        exitCode = (status >> 8) & 0xFF;
        return result < 0 ? LastError : Errno.Success;
    }

    /// <summary>A NULL-terminated array of the strings in a block.</summary>
    private static unsafe nint[] PointersTo(byte* start, ReadOnlySpan<byte> block)
    {
        var pointers = new List<nint>();
        for (var offset = 0; offset < block.Length; offset += block[offset..].IndexOf((byte)0) + 1)
            pointers.Add((nint)(start + offset));
        return [.. pointers, 0];
    }

    [LibraryImport("libc")]
    private static unsafe partial Errno posix_spawn(
        out int process, [MarshalUsing(typeof(KernelPath.Marshaller))] string file, byte* actions, byte* attributes, nint* argv, nint* envp);

    [LibraryImport("libc")]
    private static unsafe partial void posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial void posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static unsafe partial void posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static unsafe partial void posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static unsafe partial void sigemptyset(byte* signals);

    [LibraryImport("libc")]
    private static unsafe partial int sigprocmask(int how, byte* signals, byte* former);

    [LibraryImport("libc")]
    private static unsafe partial void posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial void posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static unsafe partial Errno posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static unsafe partial Errno posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);

    [LibraryImport("libc")]
    private static unsafe partial void posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int process, out int status, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int waitid(int kind, int id, byte* information, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, out int value, nint second, nint third, nint fourth);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int execve([MarshalUsing(typeof(KernelPath.Marshaller))] string path, nint* argv, nint* envp);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint syscall(nint number, SafeFileHandle program, byte* path, nint* argv, nint* envp, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setgroups(nuint count, ReadOnlySpan<uint> groups);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setresgid(uint real, uint effective, uint saved);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setresuid(uint real, uint effective, uint saved);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int execv([MarshalUsing(typeof(KernelPath.Marshaller))] string path, nint* argv);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, SafeFileHandle process, int signal, nint information, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int signalfd(int descriptor, byte* set, int flags);

    [LibraryImport("libc")]
    private static unsafe partial void sigaddset(byte* set, int number);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    private static unsafe partial byte* getenv([MarshalUsing(typeof(KernelPath.Marshaller))] string name);

    [LibraryImport("libc")]
    private static partial void umask(UnixFileMode mask);
}
