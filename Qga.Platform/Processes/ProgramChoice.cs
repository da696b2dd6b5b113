using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.OwnProcess;
using Qga.Platform.Policy;
using Qga.Platform.Users;

namespace Qga.Platform.Processes;

/// <summary>
/// The choice of the file that is run: found once, decided of, and then run whatever is at its path by then. Agent and keeper hold it each by a
/// descriptor of its own, and know it by its identity, which no other file can have as long as one of them does.
/// </summary>
public static class ProgramChoice
{
    /// <summary>Looks for the program as execvp(3) does, and has decided of it. May get stuck in the kernel.</summary>
    /// <param name="start">What is asked for.</param>
    /// <param name="judge">Decides.</param>
    /// <param name="decided">The same with what was decided.</param>
    /// <returns>Held until it has started; null if it is run as without a policy.</returns>
    /// <exception cref="PlatformException">It can't be run, or may not.</exception>
    internal static ResolvedFile? Make(ProcessStart start, FileJudge judge, out ProcessStart decided)
    {
        // Handed to the C library, a path would be cut there and name another file.
        LinuxGuestProcesses.RefuseNul(start);
        decided = start with { Judge = null };
        var file = Find(start);
        try
        {
            if (judge(file) is not { } decision)
            {
                file.Dispose();
                return null;
            }

            if (file.Errno != Errno.Success)
                throw LinuxGuestProcesses.Failed(start.Path, LibC.TextOf(file.Errno));
            if (file.Path is not { } path)
                throw LinuxGuestProcesses.Failed(start.Path, "nobody can tell where it is");
            var user = decision.User is { } name ? GuestUsers.Own.Find(name) : null;
            if (user is not null)
                UserIdentity.Run(user, () => CheckReach(start.Path, file));
            decided = decided with
            {
                Decided = new DecidedProgram(path, file.Status.Identity, NameOf(start.Path, decision.Rule?.NameFor(file)))
                {
                    User = user is null ? null : ProgramUser.Of(user),
                    Limit = decision.Limit,
                },
            };
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens what was decided.</summary>
    /// <param name="decided">What it is.</param>
    /// <param name="path">What was asked for.</param>
    /// <exception cref="PlatformException">It is there no more, or something else is.</exception>
    internal static SafeFileHandle Open(DecidedProgram decided, string path)
    {
        var errno = LibC.Open(decided.Path, LibC.O_PATH | LibC.O_NOFOLLOW, out var file);
        if (errno == Errno.Success)
        {
            errno = LibC.Status(file, out var status);
            if (errno == Errno.Success && status.Identity == decided.Identity)
                return file;
        }

        file.Dispose();
        throw LinuxGuestProcesses.Failed(path, errno == Errno.Success ? "it was replaced meanwhile" : LibC.TextOf(errno));
    }

    /// <summary>Whether every directory on the way to the file is open to whom the calling thread stands for.</summary>
    private static void CheckReach(string asked, ResolvedFile file)
    {
        using var again = file.TryReach(out var errno);
        if (again is null)
            throw LinuxGuestProcesses.Failed(asked, LibC.TextOf(errno));
    }

    /// <summary>
    /// The name of a program tells some what to do (busybox, systemctl), and where to look for what belongs to them (python): of one that a rule has
    /// let through as this, it is not the host's to say that it is that, nor that it is there.
    /// </summary>
    private static string NameOf(string asked, string? known) => known is null || asked == known[(known.LastIndexOf('/') + 1)..] ? asked : known;

    /// <summary>Looks for the program as execvp(3) does. May get stuck in the kernel.</summary>
    /// <param name="start">What is asked for.</param>
    /// <param name="searchPath">Where a plain name is looked for if its environment does not say; null for where the agent's own does.</param>
    public static ResolvedFile Find(ProcessStart start, string? searchPath = null)
    {
        if (start.Path.Contains('/'))
            return ResolvedFile.Open(start.Path, isProgram: true);
        var reason = Errno.ENOENT;
        foreach (var directory in start.Path.Length == 0 ? [] : SearchPathOf(start, searchPath).Split(':'))
        {
            var file = ResolvedFile.Open($"{(directory.Length > 0 ? directory : ".")}/{start.Path}", isProgram: true);
            if (file.Errno == Errno.Success && file.Status.IsRegularFile && LibC.IsExecutable(ResolvedFile.NameOf(file.Handle)) == Errno.Success)
                return file;
            if (file.Errno is Errno.Success or Errno.EACCES)
                reason = Errno.EACCES;
            file.Dispose();
        }

        return ResolvedFile.Nowhere(start.Path, reason);
    }

    /// <summary>That of the program's environment, or else of ours, as its keeper has it.</summary>
    private static string SearchPathOf(ProcessStart start, string? usual)
    {
        const string Path = "PATH=";
        return start.Environment?.FirstOrDefault(variable => variable.StartsWith(Path, StringComparison.Ordinal)) is { } own ? own[Path.Length..]
            : (usual ?? Invocation.Variable("PATH")) is { Length: > 0 } ours ? ours
            : LoginEnvironment.UsualSearchPath;
    }
}
