namespace Qga.Platform.Network;

/// <summary>The guest's network as its kernel has it.</summary>
public interface INetworkInventory;
