using Qga.Transport.Protocol;

namespace Qga.Actors.Accounts;

/// <summary>What the commands on authorized keys have in common.</summary>
internal static class AuthorizedKeys
{
    public static string SubjectOf(string username) => $"authorized keys of user '{username}'";

    /// <summary>An error without the key that it quotes.</summary>
    public static string Recordable(string error, IReadOnlyList<string> keys) =>
        keys.Any(key => key.Length > 0 && error.Contains(key, StringComparison.Ordinal)) ? "invalid OpenSSH public key" : error;

    /// <summary>
    /// Each key is to be a line of its own, and no comment. Nothing at all is allowed too: virsh takes a file's last line feed for a
    /// key. At the end of one the carriage return of a file from elsewhere may be left.
    /// </summary>
    /// <exception cref="CommandException">One is not.</exception>
    public static void Check(IReadOnlyList<string> keys)
    {
        foreach (var key in keys)
        {
            if (key.StartsWith('#') || key.AsSpan().Trim(" \t\f\r").ContainsAny("\r\n\0"))
                throw new CommandException($"invalid OpenSSH public key: '{key}'");
        }
    }
}
