namespace Qga.Platform.Accounts;

/// <summary>The accounts of the guest's users, of a Linux guest.</summary>
public sealed class LinuxGuestAccounts : IGuestAccounts;
