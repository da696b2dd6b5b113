using Qga.Platform.Network;

namespace Qga.Actors.Tests.Network;

/// <summary>The guest's network as its kernel has it, as a test wants it.</summary>
internal sealed class FakeNetwork : INetworkInventory;
