using Qga.Platform.Native;

namespace Qga.Platform.Processes;

/// <summary>Programs of a Linux guest, as children of this process in its own session.</summary>
internal sealed class LinuxGuestProcesses
{
    /// <summary>The most that is kept of the output of all processes, in bytes.</summary>
    internal const long LargestCapture = 256 * 1024 * 1024;

    /// <summary>With less than that left, a process had better not be started.</summary>
    private const long UsualCapture = 1024 * 1024;

    /// <summary>It never changes once the agent serves.</summary>
    private readonly Lazy<byte[]> _environment = new(() => StringBlock.OfEnvironment());

    private readonly CaptureBudget _budget = new(LargestCapture);

    /// <summary>Starts a program; may get stuck in the kernel.</summary>
    /// <exception cref="PlatformException">It can't be run.</exception>
    internal LinuxGuestProcess Start(ProcessStart start)
    {
        RefuseNul("path", start.Path);
        for (var index = 0; index < start.Arguments.Count; index++)
            RefuseNul($"arg[{index}]", start.Arguments[index]);
        for (var index = 0; index < start.Environment?.Count; index++)
            RefuseNul($"env[{index}]", start.Environment[index]);

        if (start.Capture != OutputCapture.None && !_budget.HasRoomFor(UsualCapture))
        {
            throw new PlatformException(
                "guest-exec is refused: the output of earlier processes takes all the memory that there is for it, guest-exec-status fetches it");
        }

        using var pipes = new ChildPipes(start.Input is not null, start.Capture);
        var errno = Spawner.SpawnHere(PlanOf(start), [pipes.ChildInput, pipes.ChildOut, pipes.ChildError], out var process);

        // The words of GLib, which every client of qemu-ga knows.
        if (errno != Errno.Success)
            throw new PlatformException($"Failed to execute child process “{start.Path}” ({LibC.TextOf(errno)})");
        return new LinuxGuestProcess(process, pipes.TakeOurs(), start.Input ?? default, _budget);
    }

    private SpawnPlan PlanOf(ProcessStart start)
    {
        IReadOnlyList<string> arguments = [start.Path, .. start.Arguments];
        if (start.Environment is not { } environment)
            return new SpawnPlan(start.Path, arguments, _environment.Value) { HasSession = false };

        const string Path = "PATH=";
        var program = new SpawnPlan(start.Path, arguments, StringBlock.Of(environment)) { HasSession = false };
        return environment.FirstOrDefault(variable => variable.StartsWith(Path, StringComparison.Ordinal)) is { } path
            ? program with { SearchPath = path[Path.Length..] }
            : program;
    }

    /// <summary>A program can't be given one: it would end the string, and begin another.</summary>
    private static void RefuseNul(string name, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new PlatformException($"'{name}' has a NUL character in it");
    }
}
