using Qga.Platform.Accounts;
using Qga.Transport.Protocol;

namespace Qga.Actors.Accounts;

/// <summary><c>guest-ssh-add-authorized-keys</c>: lets a user log in with keys, beside those that he has or in their place.</summary>
public sealed record GuestSshAddAuthorizedKeys(string Username, IReadOnlyList<string> Keys, bool Reset) : IAccountCommand
{
    public string Subject => AuthorizedKeys.SubjectOf(Username);

    public static GuestSshAddAuthorizedKeys Parse(QmpArguments arguments) =>
        new(arguments.String("username"), arguments.Strings("keys"), arguments.OptionalBoolean("reset") ?? false);

    public IQmpValue Execute(IGuestAccounts accounts)
    {
        AuthorizedKeys.Check(Keys);
        accounts.AddAuthorizedKeys(Username, Keys, Reset);
        return QmpValue.Empty;
    }
}
