using Qga.Platform.Accounts;
using Qga.Transport.Protocol;

namespace Qga.Actors.Accounts;

/// <summary><c>guest-ssh-remove-authorized-keys</c>: takes keys from a user; those that he has not are no error.</summary>
public sealed record GuestSshRemoveAuthorizedKeys(string Username, IReadOnlyList<string> Keys) : IAccountCommand
{
    public string Subject => AuthorizedKeys.SubjectOf(Username);

    public static GuestSshRemoveAuthorizedKeys Parse(QmpArguments arguments) => new(arguments.String("username"), arguments.Strings("keys"));

    public IQmpValue Execute(IGuestAccounts accounts)
    {
        AuthorizedKeys.Check(Keys);
        accounts.RemoveAuthorizedKeys(Username, Keys);
        return QmpValue.Empty;
    }
}
