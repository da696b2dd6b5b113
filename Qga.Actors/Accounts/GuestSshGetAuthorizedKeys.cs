using Qga.Actors.Schema;
using Qga.Platform.Accounts;
using Qga.Transport.Protocol;

namespace Qga.Actors.Accounts;

/// <summary><c>guest-ssh-get-authorized-keys</c>: the keys that a user may log in with, the last one of the file first, as with qemu-ga.</summary>
public sealed record GuestSshGetAuthorizedKeys(string Username) : IAccountCommand
{
    public string Subject => AuthorizedKeys.SubjectOf(Username);

    public static GuestSshGetAuthorizedKeys Parse(QmpArguments arguments) => new(arguments.String("username"));

    public static CommandDescription Describe() => new("Tells the keys that a user may log in with, the last one of the file first.")
    {
        Since = "5.2",
        Arguments = [new("username", "whose")],
        Result = SchemaType.StructureOf(
            "GuestAuthorizedKeys",
            "The keys of a user.",
            [new("keys", SchemaType.ListOf(SchemaType.Text), "the lines of `.ssh/authorized_keys` that are no comments")]),
        Errors = [new("failed to lookup user 'USER': REASON", "there is no such user, or nobody can say")],
    };

    public IQmpValue Execute(IGuestAccounts accounts) => QmpValue.ObjectOf(
        accounts.AuthorizedKeys(Username), static (json, keys) => json.WriteListMember("keys", keys.Reverse()));
}
