using Qga.Transport.Protocol;

namespace Qga.Actors.Accounts;

/// <summary>What the commands on authorized keys have in common.</summary>
internal static class AuthorizedKeys
{
    public static string SubjectOf(string username) => $"authorized keys of user '{username}'";

    /// <summary>Each key is to be a line of its own, and no comment. Nothing at all is a key too: virsh takes a file's last line feed for one.</summary>
    /// <exception cref="CommandException">One is not.</exception>
    public static void Check(IReadOnlyList<string> keys)
    {
        foreach (var key in keys)
        {
            if (key.StartsWith('#') || key.AsSpan().ContainsAny('\n', '\0'))
                throw new CommandException($"invalid OpenSSH public key: '{key}'");
        }
    }
}
