using Qga.Platform.Timekeeping;

namespace Qga.Actors.Tests.Timekeeping;

/// <summary>The guest's clocks, as a test wants it.</summary>
internal sealed class FakeClock : IGuestClock;
