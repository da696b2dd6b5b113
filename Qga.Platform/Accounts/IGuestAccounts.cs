namespace Qga.Platform.Accounts;

/// <summary>The accounts of the guest's users.</summary>
public interface IGuestAccounts;
