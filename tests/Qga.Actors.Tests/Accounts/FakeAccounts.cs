using Qga.Platform.Accounts;

namespace Qga.Actors.Tests.Accounts;

/// <summary>The accounts of the guest's users, as a test wants it.</summary>
internal sealed class FakeAccounts : IGuestAccounts;
