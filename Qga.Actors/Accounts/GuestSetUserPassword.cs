using System.Security.Cryptography;
using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Accounts;
using Qga.Transport.Protocol;

namespace Qga.Actors.Accounts;

/// <summary><c>guest-set-user-password</c>: sets a password, plain or as crypt(3) made it.</summary>
public sealed record GuestSetUserPassword(string Username, TransferBuffer Base64Password, bool Crypted) : IAccountCommand
{
    /// <summary>All passwords are in one file, which chpasswd locks.</summary>
    public string Subject => "passwords";

    public bool Changes => true;

    /// <summary>What chpasswd(8) and its modules print is not ours, and may have the password in it.</summary>
    public string Recordable(string error) => error.IndexOf(": ", StringComparison.Ordinal) is > 0 and var end ? error[..end] : error;

    public static GuestSetUserPassword Parse(QmpArguments arguments) =>
        new(arguments.String("username"), arguments.Utf8("password"), arguments.Boolean("crypted"));

    public static CommandDescription Describe() => new("Sets a user's password.")
    {
        Since = "2.3",
        Arguments =
        [
            new("username", "whose"),
            new("password", "the new one") { IsBase64 = true },
            new("crypted", "whether it is as crypt(3) made it"),
        ],
        Changes = "the guest's password file, by its own chpasswd(8)",
        Errors =
        [
            new("forbidden characters in username", "there is a line feed, a colon or a NUL in it"),
            new("forbidden characters in raw password", "there is a line feed or a NUL in it"),
            new("child process has failed to set user password: TEXT", "chpasswd(8) refuses"),
        ],
    };

    public IQmpValue Execute(IGuestAccounts accounts)
    {
        try
        {
            var password = CheckedPassword();
            accounts.SetPassword(CheckedUsername(), password, Crypted);
            return QmpValue.Empty;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(Base64Password.Memory.Span);
        }
    }

    /// <remarks>chpasswd(8) reads lines of a name, a colon and a password. A NUL would end the name before the colon.</remarks>
    private string CheckedUsername() =>
        Username.AsSpan().ContainsAny('\n', ':', '\0') ? throw new CommandException("forbidden characters in username") : Username;

    /// <remarks>
    /// A NUL would end the password, to whatever hashes it. What is hashed already becomes a field of shadow(5) as it is, and crypt(5)
    /// makes only what can be seen, without colons.
    /// </remarks>
    private ReadOnlySpan<byte> CheckedPassword()
    {
        var text = Base64Password.Memory.Span;
        ReadOnlySpan<byte> password = text[..LaxBase64.DecodeInPlace(text)];
        if (password.ContainsAny((byte)'\n', (byte)'\0'))
            throw new CommandException("forbidden characters in raw password");
        if (Crypted && (password.Contains((byte)':') || password.ContainsAnyExceptInRange((byte)'!', (byte)'~')))
            throw new CommandException("forbidden characters in crypted password");
        return password;
    }
}
