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
        RefuseNul(start);
        if (start.Capture != OutputCapture.None && !_budget.HasRoomFor(UsualCapture))
        {
            throw new PlatformException(
                "guest-exec is refused: the output of earlier processes takes all the memory that there is for it, guest-exec-status fetches it");
        }

        using var pipes = new ChildPipes(start.Input is not null, start.Capture);
        using var program = start.Decided is { } decided ? ProgramChoice.Open(decided, start.Path) : null;
        var errno = Spawner.SpawnHere(
            PlanOf(start) with { File = program }, [pipes.ChildInput, pipes.ChildOut, pipes.ChildError], out var process);
        if (errno != Errno.Success)
            throw Failed(start.Path, LibC.TextOf(errno));
        return new LinuxGuestProcess(process, pipes.TakeOurs(), start.Input ?? default, _budget, start.Decided?.Limit);
    }

    /// <summary>In the words of GLib, which every client of qemu-ga knows.</summary>
    internal static PlatformException Failed(string path, string reason) => new($"Failed to execute child process “{path}” ({reason})");

    internal static void RefuseNul(ProcessStart start)
    {
        RefuseNul("path", start.Path);
        for (var index = 0; index < start.Arguments.Count; index++)
            RefuseNul($"arg[{index}]", start.Arguments[index]);
        for (var index = 0; index < start.Environment?.Count; index++)
            RefuseNul($"env[{index}]", start.Environment[index]);
    }

    private SpawnPlan PlanOf(ProcessStart start)
    {
        if (start.Decided is { } decided)
        {
            return new SpawnPlan(decided.Path, [decided.Name, .. start.Arguments], start.Environment is { } exact ? StringBlock.Of(exact)
                : decided.User is { } user ? StringBlock.OfEnvironment(
                    ("HOME", user.Home), ("USER", user.Name), ("LOGNAME", user.Name), ("SHELL", user.Shell))
                : _environment.Value)
            {
                User = decided.User,
                HasSession = decided.Limit is not null,
            };
        }

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
