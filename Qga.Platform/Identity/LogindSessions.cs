using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Identity;

/// <summary>
/// The logins that systemd-logind keeps, a file of assignments for each session: what sd_session_get_class(3),
/// sd_session_get_state(3), sd_session_get_username(3) and sd_session_get_start_time(3) are read from.
/// </summary>
internal static class LogindSessions
{
    /// <summary>Reads the logins in the order of their time; without logind there are none.</summary>
    /// <exception cref="PlatformException">They can't be listed.</exception>
    public static IEnumerable<LoggedInUser> Read(string directory)
    {
        var errno = LibC.List(directory, out var names);
        if (errno is not (Errno.Success or Errno.ENOENT))
            throw new SystemCallException(errno, $"failed to read {directory}");

        // Letters and digits are a session; anything else is a FIFO of one, or a file that is not finished yet.
        return names.Where(name => name.All(char.IsAsciiLetterOrDigit))
            .Select(name => TryRead($"{directory}/{name}"))
            .OfType<LoggedInUser>()
            .OrderBy(login => login.LoginTime).ThenBy(login => login.Name, StringComparer.Ordinal);
    }

    /// <returns>Null for a session that is none of a user, or has ended, perhaps just now.</returns>
    private static LoggedInUser? TryRead(string path)
    {
        if (KernelFile.Read(path, out var content) != Errno.Success)
            return null;

        // Besides users there are greeters, lock screens, user managers and background jobs. A session that is closing has
        // lost its user; something that was started in it goes on.
        var fields = AssignmentFile.Parse(content);
        var @class = fields.GetValueOrDefault("CLASS", "");
        return (@class == "user" || @class.StartsWith("user-", StringComparison.Ordinal))
            && fields.GetValueOrDefault("STATE") != "closing"
            && fields.GetValueOrDefault("USER") is { Length: > 0 } user
            && ulong.TryParse(fields.GetValueOrDefault("REALTIME"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            ? new LoggedInUser(user, microseconds / 1e6)
            : null;
    }
}
