using Qga.Platform.Identity;

namespace Qga.Actors.Tests.Identity;

/// <summary>What the guest is: its names, its system, who is logged in, as a test wants it.</summary>
internal sealed class FakeIdentity : IGuestIdentity;
