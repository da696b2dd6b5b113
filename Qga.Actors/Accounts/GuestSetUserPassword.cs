using System.Security.Cryptography;
using Qga.Actors.Commands;
using Qga.Platform.Accounts;
using Qga.Transport.Protocol;

namespace Qga.Actors.Accounts;

/// <summary><c>guest-set-user-password</c>: sets a password, plain or as crypt(3) made it.</summary>
public sealed record GuestSetUserPassword(string Username, TransferBuffer Base64Password, bool Crypted) : IAccountCommand
{
    /// <summary>All passwords are in one file, which chpasswd locks.</summary>
    public string Subject => "passwords";

    public static GuestSetUserPassword Parse(QmpArguments arguments) =>
        new(arguments.String("username"), arguments.Utf8("password"), arguments.Boolean("crypted"));

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

    private ReadOnlySpan<byte> CheckedPassword()
    {
        var text = Base64Password.Memory.Span;
        ReadOnlySpan<byte> password = text[..LaxBase64.DecodeInPlace(text)];

        // As in qemu-ga's C string.
        if (password.IndexOf((byte)0) is >= 0 and var end)
            password = password[..end];
        return password.Contains((byte)'\n') ? throw new CommandException("forbidden characters in raw password") : password;
    }
}
