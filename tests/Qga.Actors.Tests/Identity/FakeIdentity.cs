using Qga.Platform.Identity;

namespace Qga.Actors.Tests.Identity;

/// <summary>What the guest is: its names, its system, who is logged in, as a test wants it.</summary>
internal sealed class FakeIdentity : IGuestIdentity
{
    public string HostName { get; set; } = "guest.example";

    public IReadOnlyList<LoggedInUser> Users { get; set; } = [];

    public LocalTimeZone TimeZone { get; set; } = new("CET", 3600);

    public OperatingSystemInfo OperatingSystem { get; set; } = new("6.1.0", "#1 SMP", "x86_64");
}
