using Qga.Platform.Policy;
using Qga.Platform.Users;

namespace Qga.Platform.Processes;

/// <summary>Which output of a process is kept.</summary>
public enum OutputCapture
{
    None,
    Stdout,
    Stderr,

    /// <summary>Both, each for itself.</summary>
    Separated,

    /// <summary>Both, in one, in the order in which they were printed.</summary>
    Merged,
}

/// <summary>A program that the host wants to be run.</summary>
/// <param name="Path">Its file; a plain name is looked up in the PATH of <paramref name="Environment"/>, else of the agent.</param>
/// <param name="Arguments">What follows its name.</param>
/// <param name="Environment">All of it, as <c>NAME=value</c>; null for the agent's.</param>
/// <param name="Input">What it reads; null for nothing.</param>
/// <param name="Capture">Which output is kept.</param>
public sealed record ProcessStart(
    string Path, IReadOnlyList<string> Arguments, IReadOnlyList<string>? Environment, ReadOnlyMemory<byte>? Input, OutputCapture Capture)
{
    /// <summary>Who wants it.</summary>
    public Requester? Requester { get; init; }

    /// <summary>Decides of the program's file; null if it is run whatever it is.</summary>
    public FileJudge? Judge { get; init; }

    /// <summary>What was decided to be run; null for whatever the path leads to.</summary>
    internal DecidedProgram? Decided { get; init; }
}

/// <summary>Whoever has asked for something.</summary>
/// <param name="Peer">In the words of the guest's policy; null if nobody knows.</param>
public sealed record Requester(string? Peer);

/// <summary>A program that may be run, and how.</summary>
/// <param name="Path">Where its file is.</param>
/// <param name="Identity">Which file it is, see <see cref="Native.LibC.FileStatus.Identity"/>: another at its path is not run.</param>
/// <param name="Name">The name that it is given.</param>
internal sealed record DecidedProgram(string Path, string Identity, string Name)
{
    /// <summary>As whom it runs; null for our own user.</summary>
    internal ProgramUser? User { get; init; }

    /// <summary>When it is ended, together with its process group; null for never.</summary>
    internal TimeSpan? Limit { get; init; }
}

/// <summary>A user as a program needs to know him.</summary>
/// <param name="Numbers">Of him, of his own group, and of all groups that he is in, with colons between.</param>
/// <param name="Name">His name.</param>
/// <param name="Home">His home.</param>
/// <param name="Shell">The program of his logins.</param>
internal sealed record ProgramUser(string Numbers, string Name, string Home, string Shell)
{
    internal static ProgramUser Of(UserAccount user) => new(
        $"{user.UserId}:{user.GroupId}{string.Concat(Array.ConvertAll(user.Groups, group => $":{group}"))}",
        user.Name,
        user.Home.Length > 0 ? user.Home : "/",
        user.Shell.Length > 0 ? user.Shell : "/bin/sh");
}

/// <summary>Starts programs for the host.</summary>
public interface IGuestProcesses
{
    /// <summary>What agents before this one have started, as far as it can still be asked for.</summary>
    IReadOnlyList<IGuestProcess> Inherited { get; }

    /// <summary>Starts a program; may get stuck in the kernel.</summary>
    /// <exception cref="PlatformException">It can't be run, or there is no memory left for its output.</exception>
    IGuestProcess Start(ProcessStart start);
}

/// <summary>A process that runs, or has run, for the host. It needs no thread and no look from time to time.</summary>
public interface IGuestProcess
{
    /// <summary>The process id; another process may get it once this one has ended.</summary>
    int Id { get; }

    /// <summary>Whether an agent before this one has told the host how it ended.</summary>
    bool WasFetched { get; }

    /// <summary>Whether an agent before this one has recorded in the audit how it ended.</summary>
    bool WasEndRecorded => false;

    /// <summary>Who had an agent before this one start it; null if that is not known, or it was this one.</summary>
    Requester? Requester => null;

    /// <summary>Completes when the process has ended and is gone from the process table; fails if nobody knows how it has ended.</summary>
    Task<ProcessEnd> Ended { get; }

    /// <summary>Completes when nobody is left who could print what is kept, the children of the process included; never fails.</summary>
    Task Drained { get; }

    /// <summary>
    /// Adds nothing more to what was printed by now; whatever comes later is read, so that nobody is held up or ended for it, and dropped.
    /// </summary>
    void Seal();

    /// <summary>What was printed.</summary>
    /// <exception cref="PlatformException">It is lost, or does not come in time.</exception>
    Task<ProcessOutput> ReadOutputAsync();

    /// <summary>The host was told of the end: lets the output go when memory is needed for that of others.</summary>
    /// <param name="evicted">Called then; by any thread.</param>
    void AllowEviction(Action evicted);

    /// <summary>The audit has its end, and an agent after this one need not record it again.</summary>
    void NoteEndRecorded()
    {
    }

    /// <summary>Lets the output go.</summary>
    void Forget();
}

/// <summary>How a process has ended.</summary>
/// <param name="ExitCode">Its exit code; null if a signal has ended it.</param>
/// <param name="Signal">The signal that has ended it.</param>
public readonly record struct ProcessEnd(int? ExitCode, int? Signal);

/// <summary>What a process has printed, as far as it was to be kept.</summary>
public sealed record ProcessOutput(CapturedText Out, CapturedText Error);

/// <summary>What was kept of one stream.</summary>
/// <param name="Bytes">The beginning, at most 16 MiB.</param>
/// <param name="IsTruncated">Whether there was more.</param>
public readonly record struct CapturedText(ReadOnlyMemory<byte> Bytes, bool IsTruncated);
