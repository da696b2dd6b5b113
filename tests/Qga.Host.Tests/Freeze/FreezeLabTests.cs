using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>The place where freezing is tested, itself.</summary>
public sealed class FreezeLabTests : IDisposable
{
    private readonly FreezeLab _lab = FreezeLab.Furnished();

    public void Dispose() => _lab.Dispose();

    [FreezeLabFact]
    public void Nothing_of_the_machine_is_mounted_in_the_lab()
    {
        var sources =
            _lab.Run("sed 's/.* - //' /proc/self/mountinfo").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '));

        var own = _lab.Volumes.Select(volume => $"/dev/{volume.Device}").ToHashSet();
        Assert.All(sources, source => Assert.True(
            own.Contains(source[1]) || source[0] is "tmpfs" or "proc" or "sysfs" or "overlay", string.Join(' ', source)));
        Assert.All(["mnt", "pid"], kind =>
            Assert.NotEqual(new FileInfo($"/proc/self/ns/{kind}").LinkTarget, _lab.Run($"readlink /proc/self/ns/{kind}").TrimEnd()));
    }

    [FreezeLabFact]
    public void Processes_of_the_machine_are_none_of_a_lab() =>
        Assert.Throws<InvalidOperationException>(() => FreezeLabProcess.In(new FileInfo("/proc/self/ns/pid").LinkTarget!));

    [FreezeLabFact]
    public void Lab_does_not_take_the_end_of_a_process_in_it_for_that_of_its_parent()
    {
        // It looks after its parent each second.
        _lab.Run("end=$(($(date +%s) + 3)); while [ $(date +%s) -lt $end ]; do kill -KILL -1 2> /dev/null; done; true");

        _lab.Run("true");
        Assert.Empty(_lab.Processes);
    }

    [FreezeLabFact]
    public void Program_does_not_run_beside_a_device_that_is_not_the_labs()
    {
        using var other = new FreezeLab();
        var device = other.Mount("ext4", "/mnt/ext4").Device;
        _lab.Run($"mkdir /mnt/stranger && mknod /dev/stranger b $(tr : ' ' < /sys/block/{device}/dev) && mount -t ext4 /dev/stranger /mnt/stranger");

        Assert.Contains(
            "/dev/stranger is mounted on /mnt/stranger", Assert.Throws<InvalidOperationException>(() => _lab.Run("true")).Message,
            StringComparison.Ordinal);
    }

    [FreezeLabFact]
    public void Frozen_volume_takes_writes_when_it_is_thawed()
    {
        foreach (var volume in _lab.Volumes.Where(volume => volume is { CanBeFrozen: true, IsWritable: true }))
        {
            volume.Freeze();
            using var writer = _lab.Start("/bin/sh", "-c", $"echo text > {volume.MountPoint}/file");
            Eventually.True(() => File.ReadAllText($"/proc/{writer.Pid}/stat").Contains(") D ", StringComparison.Ordinal));

            Assert.True(volume.IsFrozen);
            Assert.True(volume.Thaw());
            Assert.Equal(0, writer.WaitForExit());
            Assert.False(volume.IsFrozen);
            Assert.False(volume.Thaw());
        }

        _lab.WriteEverywhere();
    }

    [FreezeLabFact]
    public void Nothing_is_left_when_the_lab_is_gone_whatever_was_going_on_in_it()
    {
        IReadOnlyList<FreezeLabProcess> processes;
        IReadOnlyList<FreezeLabVolume> volumes;
        using (var lab = FreezeLab.Furnished())
        {
            var daemon = lab.MountBindfs("/shown", "/mnt/hung");
            lab.Mount("ext4", "/mnt/hung/ext4");
            foreach (var volume in lab.Volumes.Where(volume => volume.CanBeFrozen).Reverse())
            {
                volume.Freeze();
                lab.Run($"setsid sh -c 'echo text > {volume.MountPoint}/file' > /dev/null 2>&1 &");
            }

            daemon.Send(Signal.Stop);
            (processes, volumes) = (lab.Processes, lab.Volumes);
            Assert.NotEmpty(processes);
        }

        Assert.All(processes, process => Eventually.True(() => !process.IsAlive));
        Assert.All(volumes, volume => Eventually.True(() => !File.Exists($"/sys/block/{volume.Device}/loop/backing_file")));
    }
}
