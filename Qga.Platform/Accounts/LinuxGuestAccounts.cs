using System.Security.Cryptography;
using System.Text;
using Qga.Platform.Processes;
using Qga.Platform.Users;

namespace Qga.Platform.Accounts;

/// <summary>The accounts of the guest's users, of a Linux guest.</summary>
public sealed class LinuxGuestAccounts : IGuestAccounts
{
    private const string Chpasswd = "chpasswd";
    private const string BusyBox = "busybox";

    public void SetPassword(string user, ReadOnlySpan<byte> password, bool isCrypted)
    {
        var (program, applet) = SystemPrograms.Find(Chpasswd) is null && SystemPrograms.Find(BusyBox) is not null
            ? (BusyBox, [Chpasswd])
            : (Chpasswd, Array.Empty<string>());

        // Its standard input is the one place that nobody else can read.
        byte[] input = [.. Encoding.UTF8.GetBytes(user), (byte)':', .. password, (byte)'\n'];
        try
        {
            var result = HelperProgram.Run(program, [.. applet, .. isCrypted ? ["-e"] : Array.Empty<string>()], IGuestAccounts.PasswordLimit, input);
            if (!result.HasRun)
                result = result with { Output = $"{result.Output.TrimEnd('\n')}, nor is there {BusyBox}, in {SystemPrograms.SearchPath}\n" };
            result.ThrowIfFailed("set user password");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(input);
        }
    }

    public IReadOnlyList<string> AuthorizedKeys(string user) => AuthorizedKeys(GuestUsers.Own.Find(user));

    public void AddAuthorizedKeys(string user, IReadOnlyList<string> keys, bool reset) => AddAuthorizedKeys(GuestUsers.Own.Find(user), keys, reset);

    public void RemoveAuthorizedKeys(string user, IReadOnlyList<string> keys) => RemoveAuthorizedKeys(GuestUsers.Own.Find(user), keys);

    internal static IReadOnlyList<string> AuthorizedKeys(UserAccount user)
    {
        ReadOnlyMemory<byte> text = default;
        UserIdentity.Run(user, () => text = new AuthorizedKeysFile(user).Read());
        return AuthorizedKeysText.Keys(text);
    }

    internal static void AddAuthorizedKeys(UserAccount user, IReadOnlyList<string> keys, bool reset) =>
        UserIdentity.Run(user, () => new AuthorizedKeysFile(user).Write(text => AuthorizedKeysText.Add(text, keys), reset));

    internal static void RemoveAuthorizedKeys(UserAccount user, IReadOnlyList<string> keys) =>
        UserIdentity.Run(user, () => new AuthorizedKeysFile(user).WriteIfThere(text => AuthorizedKeysText.Remove(text, keys)));
}
