using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Users;

namespace Qga.Platform.Processes;

/// <summary>
/// The users that the guest knows: those of /etc/passwd, and whom its getent(1) finds. The C library's own name service is not asked, which
/// would load libraries of the guest into this process, and wait there for a directory that doesn't answer (nsswitch.conf(5)).
/// </summary>
/// <param name="passwd">The path of passwd(5).</param>
/// <param name="group">The path of group(5).</param>
/// <param name="getent">The program; looked up if it is a plain name, see <see cref="SystemPrograms"/>.</param>
/// <param name="limit">How long it may take for a question.</param>
internal sealed class GuestUsers(string passwd, string group, string getent, TimeSpan limit)
{
    /// <summary>Half of what it may print is kept of either end: the numbers of all groups that a user can be in.</summary>
    private const int PartSize = 512 * 1024;

    /// <summary>Of what it has printed, in an error.</summary>
    private const int LongestQuote = 400;

    /// <summary>NGROUPS_MAX of linux/limits.h.</summary>
    private const int MostGroups = 65536;

    private const int NotFound = 2;
    private const int NoSuchDatabase = 1;

    /// <summary>A command asks twice at most, and has 30 s.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static GuestUsers Own { get; } = new("/etc/passwd", "/etc/group", "getent", Limit);

    /// <summary>Finds a user. May take as long as the limit twice.</summary>
    /// <exception cref="PlatformException">There is no such user, or nobody knows whether there is; the message says who was asked.</exception>
    public UserAccount Find(string name)
    {
        var failure = $"failed to lookup user '{Short(name)}'";
        if (Read(passwd, failure, AccountFile.Users).FirstOrDefault(user => user.Name == name && name.Length > 0) is { } known)
            return AccountOf(name, known, [], failure);

        // No file and no directory has such a name. What getent takes for a number, or an option, it would look up as that.
        var unknown = $"{failure}: there is no such user: {passwd} has none";
        if (name.AsSpan().IndexOfAny(":\n\0") >= 0 || name.Length == 0)
            throw new UnknownUserException(unknown);
        if (name[0] is '-' or '+' or ' ' or (>= '\t' and <= '\r') || name.All(char.IsAsciiDigit))
            throw new UnknownUserException($"{unknown}, and {getent} can't be asked for such a name");
        if (SystemPrograms.Find(getent) is not { } program)
            throw new UnknownUserException($"{unknown}, and there is no {getent} to ask in {SystemPrograms.SearchPath}");

        var answer = Ask(program, "passwd", name);
        if (IsClean(answer, NotFound))
            throw new UnknownUserException($"{unknown}, and {program} finds none");
        if (!IsClean(answer, 0))
            throw new PlatformException($"{failure}: {passwd} has none, and {Complaint(program, answer)}");

        // A directory may spell the name of its user otherwise, and so does /etc/group then.
        return AccountFile.Users(answer.Printed).ToList() is [var found]
            ? AccountOf(found.Name, found, MoreGroups(program, found.Name, failure), failure)
            : throw new PlatformException(
                $"{failure}: {passwd} has none, and the answer of {program} is no user: "
                + Short(KernelPath.Decode(answer.Printed.Span).TrimEnd('\n')));
    }

    /// <summary>Whether there is a user of that name; null if nobody knows.</summary>
    /// <param name="name">The name.</param>
    /// <param name="id">Who it is, if there is one.</param>
    public bool? Exists(string name, out uint id)
    {
        id = 0;
        try
        {
            id = Find(name).UserId;
            return true;
        }
        catch (UnknownUserException)
        {
            return false;
        }
        catch (PlatformException)
        {
            return null;
        }
    }

    /// <summary>A file that is not there has nobody.</summary>
    private static IEnumerable<T> Read<T>(string path, string failure, Func<ReadOnlyMemory<byte>, IEnumerable<T>> parse)
    {
        var errno = KernelFile.Read(path, out var text);
        if (errno != Errno.ENOENT)
            SystemCallException.ThrowIfFailed(errno, $"{failure}: failed to read {path}");
        return parse(text);
    }

    private static bool IsClean(HelperResult answer, int exitCode) =>
        answer is { HasRun: true, IsInTime: true, Signal: 0 } && answer.ExitCode == exitCode;

    private UserAccount AccountOf(string name, UserEntry user, IEnumerable<uint> more, string failure)
    {
        var groups = Read(group, failure, AccountFile.Groups).Where(entry => entry.Members.Contains(name)).Select(entry => entry.Id);
        return new UserAccount(name, user.Id, user.Group, user.Home)
        {
            // What setgroups(2) takes, as initgroups(3) cuts them.
            Groups = [.. groups.Prepend(user.Group).Concat(more).Distinct().Take(MostGroups)],
            Shell = user.Shell,
        };
    }

    /// <summary>What a directory says of the groups of its user. The getent of a musl can't be asked for that.</summary>
    private List<uint> MoreGroups(string program, string name, string failure)
    {
        var answer = Ask(program, "initgroups", name);
        if (IsClean(answer, NotFound) || IsClean(answer, NoSuchDatabase))
            return [];
        if (!IsClean(answer, 0))
            throw new PlatformException($"{failure}: of the user's groups {Complaint(program, answer)}");

        // The name, which may have blanks in it, then the numbers.
        List<uint> groups = [];
        var lines = KernelPath.Decode(answer.Printed.Span).Split('\n');
        foreach (var line in lines.Where(line => $"{line} ".StartsWith($"{name} ", StringComparison.Ordinal)))
        {
            foreach (var word in line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                groups.Add(uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? number
                    : throw new PlatformException($"{failure}: the answer of {program} has a group that is no number: {word}"));
            }
        }

        return groups;
    }

    private HelperResult Ask(string program, string database, string name)
    {
        var environment = StringBlock.Of($"PATH={SystemPrograms.SearchPath}", "LC_ALL=C");
        return HelperProgram.Run(program, [database, name], limit, environment: environment, partSize: PartSize, separatesErrors: true);
    }

    private string Complaint(string program, HelperResult answer) =>
        answer.IsInTime
            ? $"{program}: {Short((answer.Failure("look it up") ?? answer.Output).TrimEnd('\n'))}"
            : $"{program} has not answered within {limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s";

    private static string Short(string text) => text.Length > LongestQuote ? text[..LongestQuote] : text;
}

/// <summary>There is no such user, or none that anybody can be asked for.</summary>
internal sealed class UnknownUserException(string message) : PlatformException(message);
