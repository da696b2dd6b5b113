using Qga.Platform.Power;

namespace Qga.Actors.Tests.Power;

/// <summary>The ways in which the guest goes down or sleeps, as a test wants it.</summary>
internal sealed class FakePower : IGuestPower;
