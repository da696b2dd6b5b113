using Qga.Actors.Schema;
using Qga.Platform.Accounts;
using Qga.Transport.Protocol;

namespace Qga.Actors.Accounts;

/// <summary><c>guest-ssh-remove-authorized-keys</c>: takes keys from a user; keys that the user does not have are no error.</summary>
public sealed record GuestSshRemoveAuthorizedKeys(string Username, IReadOnlyList<string> Keys) : IAccountCommand
{
    public string Subject => AuthorizedKeys.SubjectOf(Username);

    public bool Changes => true;

    public string Recordable(string error) => AuthorizedKeys.Recordable(error, Keys);

    public static GuestSshRemoveAuthorizedKeys Parse(QmpArguments arguments) => new(arguments.String("username"), arguments.Strings("keys"));

    public static CommandDescription Describe() => new("Takes keys from a user; one that is not there is no error.")
    {
        Since = "5.2",
        Arguments = [new("username", "whose"), new("keys", "the keys, each a line of authorized_keys")],
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
        accounts.RemoveAuthorizedKeys(Username, Keys);
        return QmpValue.Empty;
    }
}
