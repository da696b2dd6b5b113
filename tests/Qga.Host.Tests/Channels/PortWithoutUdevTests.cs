using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Channels;

/// <summary>
/// The agent in a guest in which nobody makes links in /dev/virtio-ports: a lab whose sysfs has ports, and files in the place of their devices.
/// </summary>
public sealed class PortWithoutUdevTests : IDisposable
{
    private const string Program = "/agent/qemu-ga";
    private const string DefaultName = "org.qemu.guest_agent.0";

    private readonly FreezeLab _lab = new();

    public PortWithoutUdevTests()
    {
        _lab.Install(PublishedAgent.Executable, Program);
        _lab.Run("mount -t tmpfs class /sys/class");
    }

    public void Dispose() => _lab.Dispose();

    [FreezeLabFact]
    public void Port_is_found_by_its_name()
    {
        AddPort("vport1p1", "com.redhat.spice.0", "");
        AddPort("vport2p3", DefaultName, Qmp.Open("/tmp/first", "w"));

        using var agent = _lab.Start(Program);

        Eventually.True(() => File.Exists(_lab.PathOf("/tmp/first")));
    }

    [FreezeLabFact]
    public void So_is_a_port_that_has_another_name()
    {
        AddPort("vport2p3", DefaultName, "");
        AddPort("vport1p1", "org.example", Qmp.Open("/tmp/first", "w"));

        using var agent = _lab.Start(Program, "-p", "/dev/virtio-ports/org.example");

        Eventually.True(() => File.Exists(_lab.PathOf("/tmp/first")));
    }

    [FreezeLabFact]
    public void Link_is_followed_before_a_name()
    {
        AddPort("vport1p1", DefaultName, Qmp.Open("/tmp/wrong", "w"));
        _lab.Run($"mkdir /dev/virtio-ports && ln -s ../elsewhere /dev/virtio-ports/{DefaultName}");
        File.WriteAllText(_lab.PathOf("/dev/elsewhere"), Qmp.Open("/tmp/first", "w"));

        using var agent = _lab.Start(Program);

        Eventually.True(() => File.Exists(_lab.PathOf("/tmp/first")));
        Assert.False(File.Exists(_lab.PathOf("/tmp/wrong")));
    }

    [FreezeLabFact]
    public void Missing_device_of_a_port_is_named()
    {
        AddPort("vport2p3", DefaultName, "");
        _lab.Run("rm /dev/vport2p3");

        using var agent = _lab.Start(Program);

        Assert.Equal(1, agent.WaitForExit());
        Assert.Contains(
            $"error opening channel '/dev/virtio-ports/{DefaultName}': the guest has that port, but /dev/vport2p3 is missing", agent.Output,
            StringComparison.Ordinal);
        Assert.Contains("its device /dev/vport2p3 is missing", Channel("error"), StringComparison.Ordinal);
    }

    [FreezeLabFact]
    public void Port_that_is_not_there_is_none_that_has_another_name()
    {
        AddPort("vport2p3", "org.example", "");

        using var agent = _lab.Start(Program);

        Assert.Equal(1, agent.WaitForExit());
        Assert.Contains(
            $"error opening channel '/dev/virtio-ports/{DefaultName}': No such file or directory", agent.Output, StringComparison.Ordinal);
        Assert.StartsWith($"there is no port /dev/virtio-ports/{DefaultName} (there is org.example)", Channel("error"), StringComparison.Ordinal);
    }

    [FreezeLabFact]
    public void Check_finds_it_as_well()
    {
        AddPort("vport2p3", DefaultName, "");

        Assert.Equal($"virtio-serial /dev/virtio-ports/{DefaultName} is there", Channel("ok"));
    }

    private void AddPort(string device, string name, string requests)
    {
        _lab.Run($"mkdir -p /sys/class/virtio-ports/{device} && echo {name} > /sys/class/virtio-ports/{device}/name");
        File.WriteAllText(_lab.PathOf($"/dev/{device}"), requests);
    }

    /// <summary>What a check says of the channel.</summary>
    private string Channel(string severity)
    {
        var report = JObject.Parse(_lab.Run($"{Program} check --json || true"));
        var finding = Assert.Single(report["findings"]!, finding => $"{finding["subject"]}" == "channel");
        Assert.Equal(severity, $"{finding["severity"]}");
        return $"{finding["text"]}";
    }
}
