using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Processes;

namespace Qga.Platform.Power;

/// <summary>The ways in which the guest goes down or sleeps, of a Linux guest.</summary>
public sealed class LinuxGuestPower : IGuestPower
{
    /// <summary>
    /// How long a program may take. It is measured by CLOCK_MONOTONIC, which stands still while the guest sleeps: what is left is
    /// services that take their time, or a whole memory that is written to a disk.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>How long a program may take that only tells what the guest can do.</summary>
    private static readonly TimeSpan QuestionLimit = TimeSpan.FromSeconds(30);

    private readonly string _root;
    private readonly string _programs;

    public LinuxGuestPower()
        : this(root: "", programs: "")
    {
    }

    /// <param name="root">What goes before every path.</param>
    /// <param name="programs">What goes before the name of a program that has no path; with nothing it is looked up, see
    /// <see cref="SystemPrograms"/>.</param>
    internal LinuxGuestPower(string root, string programs) => (_root, _programs) = (root, programs);

    /// <remarks>
    /// qemu-ga knows the first two ways. A program that has run and failed is not followed by another: the machine may be going
    /// down all the same.
    /// </remarks>
    public void ShutDown(ShutdownMode mode)
    {
        var (name, option) = mode switch
        {
            ShutdownMode.Halt => ("halt", "-H"),
            ShutdownMode.Reboot => ("reboot", "-r"),
            _ => ("poweroff", "-P"),
        };
        string[] toShutdown = ["-h", option, "+0", "hypervisor initiated shutdown"];
        (string Program, string[] Arguments)[] ways =
        [
            ($"{_root}/sbin/{name}", []), ($"{_root}/sbin/shutdown", toShutdown), (_programs + name, []), (_programs + "shutdown", toShutdown),
            (_programs + "systemctl", [name]), (_programs + "busybox", [name]),
        ];
        string? objection = null;
        foreach (var (program, arguments) in ways)
        {
            if (SystemPrograms.Find(program) is not { } path)
                continue;

            // Whether another process 1 listens can't be told: an init that waits in sigtimedwait(2) neither catches nor blocks.
            if (Environment.ProcessId == 1 && IsBusyBox(path))
            {
                objection ??= $"; {path}, of busybox, would only signal process 1, and that is the agent itself";
                continue;
            }

            var result = HelperProgram.Run(path, arguments, Limit);
            if (!result.HasRun)
                continue;
            result.ThrowIfFailed("shutdown");
            return;
        }

        throw new PlatformException(
            $"child process has failed to shutdown: failed to exec '{_root}/sbin/shutdown': {LibC.TextOf(Errno.ENOENT)}; "
            + $"tried as well: {name}, shutdown, systemctl, busybox in {SystemPrograms.SearchPath}{objection}");
    }

    /// <summary>
    /// Whether a program is busybox, perhaps by a link that has the name of what it is to do; a script of that name may do anything.
    /// </summary>
    private bool IsBusyBox(string path) => SystemPrograms.Find(_programs + "busybox") is { } busybox
        && LibC.Status(busybox, out var wanted) == Errno.Success && LibC.Status(path, out var status) == Errno.Success && status.IsSameFileAs(wanted)
        && !SystemPrograms.IsScript(path);

    /// <remarks>
    /// systemd goes first, then pm-utils, then the kernel; what has failed leaves it to the next. As with qemu-ga the failure
    /// of a program is no error where the kernel, asked last, can't do it either, but for the hybrid way, which the kernel doesn't
    /// know by a word.
    /// </remarks>
    public void Suspend(SuspendMode mode)
    {
        var words = SuspendWords.Of(mode);
        var isKnown = false;

        // Status 1 to 3 is a unit that does not run, 4 that there is none; one that runs already is of no use (systemctl(1)).
        if (Run(QuestionLimit, "systemctl", "status", words.Unit) is { ExitCode: >= 1 and <= 3 })
        {
            isKnown = true;
            if (Run(Limit, "systemctl", words.Verb) is { ExitCode: 0 })
                return;
        }

        if (Run(QuestionLimit, "pm-is-supported", words.Question) is { ExitCode: 0 })
        {
            isKnown = true;
            if (Run(Limit, words.Program) is { ExitCode: 0 })
                return;
        }

        var path = $"{_root}/sys/power/state";
        if (words.State is { } state && KernelFile.TryRead(path)?.Split(' ').Contains(state) is true)
            Write(path, state);
        else if (!isKnown)
            throw new PlatformException("the requested suspend mode is not supported by the guest");
        else if (words.State is null)
            throw new PlatformException("unknown guest suspend mode");
    }

    /// <returns>Null if there is no such program, or it has not come to an end by itself.</returns>
    private HelperResult? Run(TimeSpan limit, string program, params IReadOnlyList<string> arguments) =>
        HelperProgram.Run(_programs + program, arguments, limit) is { HasRun: true, IsInTime: true, Signal: 0 } result ? result : null;

    private static void Write(string path, string state)
    {
        var errno = LibC.Open(path, LibC.O_WRONLY, out var file);
        using (file)
        {
            // Comes back when the guest has been woken.
            if (errno == Errno.Success)
                errno = LibC.WriteAll(file, Encoding.ASCII.GetBytes(state));
        }

        SystemCallException.ThrowIfFailed(errno, $"suspend: cannot write to '{path}'");
    }

    /// <summary>What a way to sleep is called, by systemd, pm-utils (pm-is-supported(1)) and the kernel.</summary>
    private sealed record SuspendWords(string Unit, string Verb, string Question, string Program, string? State)
    {
        public static SuspendWords Of(SuspendMode mode) => mode switch
        {
            SuspendMode.Disk => new("systemd-hibernate", "hibernate", "--hibernate", "pm-hibernate", "disk"),
            SuspendMode.Ram => new("systemd-suspend", "suspend", "--suspend", "pm-suspend", "mem"),
            _ => new("systemd-hybrid-sleep", "hybrid-sleep", "--suspend-hybrid", "pm-suspend-hybrid", State: null),
        };
    }
}
