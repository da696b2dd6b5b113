using Qga.Platform.Freeze.Guardian;
using Qga.Platform.Native;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze.Guardian;

public sealed class GuardianSettingsTests
{
    [Theory]
    [InlineData("/etc/hook", 60.0)]
    [InlineData(null, 0.25)]
    public void Command_line_says_it_all(string? hook, double limit)
    {
        DeviceNumber[] devices = [new(8, 1), default, new(259, 1048575)];
        var settings = new GuardianSettings(devices, "an address", "/run/a marker", hook, TimeSpan.FromSeconds(limit));

        var arguments = settings.ToCommandLine().ToArray();
        Assert.Equal("qga-freeze-guardian", arguments[0]);
        var parsed = GuardianSettings.Parse(arguments[1..])!;
        Assert.Equal(devices, parsed.Devices);
        Assert.Equal(settings, parsed with { Devices = devices });
    }

    /// <summary>There may be a marker to watch over, and a hook, where no filesystem can be opened.</summary>
    [Fact]
    public void Guardian_may_have_nothing_in_its_hands()
    {
        var settings = new GuardianSettings([], "an address", "/run/a marker", Hook: null, TimeSpan.FromSeconds(1));

        Assert.Empty(GuardianSettings.Parse(settings.ToCommandLine().ToArray()[1..])!.Devices);
    }

    [Theory]
    [InlineData()]
    [InlineData("8:1", "address", "marker", "hook")]
    [InlineData("8:1 many", "address", "marker", "hook", "1")]
    [InlineData("8:1", "address", "marker", "hook", "long")]
    public void Other_command_line_is_none(params string[] arguments) => Assert.Null(GuardianSettings.Parse(arguments));

    [Fact]
    public void Address_is_that_of_the_directory_not_of_its_path()
    {
        using var scratch = new ScratchDirectory();
        using var other = new ScratchDirectory();
        File.CreateSymbolicLink(scratch.PathOf("link"), scratch.Root);

        Assert.Equal(GuardianSettings.PathFor(scratch.Root), GuardianSettings.PathFor(scratch.PathOf("link")));
        Assert.NotEqual(GuardianSettings.PathFor(scratch.Root), GuardianSettings.PathFor(other.Root));
        Assert.Equal(GuardianSettings.AbstractAddressFor(scratch.Root), GuardianSettings.AbstractAddressFor(scratch.PathOf("link")));
        Assert.NotEqual(GuardianSettings.AbstractAddressFor(scratch.Root), GuardianSettings.AbstractAddressFor(other.Root));
    }

    [Fact]
    public void Missing_directory_has_an_address_by_its_path()
    {
        Assert.Equal("qga-freeze-guardian:/nowhere", GuardianSettings.AbstractAddressFor("/nowhere"));
        Assert.Equal("/run/qga/guardian--no-where.sock", GuardianSettings.PathFor("/no/where"));
        Assert.InRange(GuardianSettings.AbstractAddressFor(new string('x', 5000)).Length, 1, 107);
        Assert.InRange(GuardianSettings.PathFor(new string('x', 5000)).Length, 1, 107);
    }
}
