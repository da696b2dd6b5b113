using Qga.Actors.Schema;
using Qga.Platform.Accounts;
using Qga.Transport.Protocol;

namespace Qga.Actors.Accounts;

/// <summary><c>guest-ssh-add-authorized-keys</c>: lets a user log in with keys, beside the user's other keys or in their place.</summary>
public sealed record GuestSshAddAuthorizedKeys(string Username, IReadOnlyList<string> Keys, bool Reset) : IAccountCommand
{
    public string Subject => AuthorizedKeys.SubjectOf(Username);

    public bool Changes => true;

    public string Recordable(string error) => AuthorizedKeys.Recordable(error, Keys);

    public static GuestSshAddAuthorizedKeys Parse(QmpArguments arguments) =>
        new(arguments.String("username"), arguments.Strings("keys"), arguments.OptionalBoolean("reset") ?? false);

    public static CommandDescription Describe() => new("Lets a user log in with keys, beside those that are there or in their place.")
    {
        Since = "5.2",
        Arguments =
        [
            new("username", "whose"), new("keys", "the keys, each a line of authorized_keys"),
            new("reset", "whether they take the place of those that are there") { Default = false },
        ],
        Changes = "the user's `.ssh/authorized_keys`",
        Errors =
        [
            new("invalid OpenSSH public key: 'KEY'", "it is a comment or no single line; nothing was changed"),
            new("failed to lookup user 'USER': REASON", "there is no such user, or nobody can say"),
        ],
    };

    public IQmpValue Execute(IGuestAccounts accounts)
    {
        AuthorizedKeys.Check(Keys);
        accounts.AddAuthorizedKeys(Username, Keys, Reset);
        return QmpValue.Empty;
    }
}
