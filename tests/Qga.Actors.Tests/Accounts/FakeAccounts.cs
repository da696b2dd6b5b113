using System.Collections.Concurrent;
using System.Text;
using Qga.Platform;
using Qga.Platform.Accounts;

namespace Qga.Actors.Tests.Accounts;

/// <summary>The accounts of the guest's users, as a test wants it.</summary>
internal sealed class FakeAccounts : IGuestAccounts
{
    /// <summary>What was called, a call per line.</summary>
    internal ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The keys of each user that there is, in the order of his file.</summary>
    internal ConcurrentDictionary<string, IReadOnlyList<string>> Keys { get; } = new();

    /// <summary>Holds up the calls for a user until it is set.</summary>
    internal ConcurrentDictionary<string, ManualResetEventSlim> Gates { get; } = new();

    internal PlatformException? Failure { get; set; }

    public void SetPassword(string user, ReadOnlySpan<byte> password, bool isCrypted) =>
        Enter(user, $"{nameof(SetPassword)} {user}:{Encoding.Latin1.GetString(password)} {isCrypted}");

    public IReadOnlyList<string> AuthorizedKeys(string user)
    {
        Enter(user, $"{nameof(AuthorizedKeys)} {user}");
        return Keys.TryGetValue(user, out var keys) ? keys : throw Unknown(user);
    }

    public void AddAuthorizedKeys(string user, IReadOnlyList<string> keys, bool reset) =>
        Enter(user, $"{nameof(AddAuthorizedKeys)} {user} [{string.Join('|', keys)}] {reset}");

    public void RemoveAuthorizedKeys(string user, IReadOnlyList<string> keys) =>
        Enter(user, $"{nameof(RemoveAuthorizedKeys)} {user} [{string.Join('|', keys)}]");

    private static PlatformException Unknown(string user) => new($"failed to lookup user '{user}': there is no such user");

    private void Enter(string user, string call)
    {
        Calls.Enqueue(call);
        if (Gates.TryGetValue(user, out var gate))
            gate.Wait();
        if (Failure is { } failure)
            throw failure;
    }
}
