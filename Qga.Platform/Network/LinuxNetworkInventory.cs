namespace Qga.Platform.Network;

/// <summary>The guest's network as its kernel has it, of a Linux guest.</summary>
public sealed class LinuxNetworkInventory : INetworkInventory;
