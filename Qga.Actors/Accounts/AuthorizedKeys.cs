using Qga.Transport.Protocol;

namespace Qga.Actors.Accounts;

/// <summary>What the commands on authorized keys have in common.</summary>
internal static class AuthorizedKeys
{
    public static string SubjectOf(string username) => $"authorized keys of user '{username}'";

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
