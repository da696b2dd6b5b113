using System.Runtime.Versioning;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Freeze.Guardian;
using Qga.Platform.Native;
using Qga.Platform.State;
using Qga.Platform.Storage;
using Qga.Platform.Timekeeping;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>What a guardian does to filesystems that are frozen.</summary>
[SupportedOSPlatform("linux")]
public sealed class GuardianThawTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly FreezeLab _lab = new();
    private readonly List<IOpenMountPoint> _mountPoints = [];
    private readonly LinuxFreezeGuardians _guardians;

    public GuardianThawTests() => _guardians = new LinuxFreezeGuardians(PublishedAgent.Executable, _scratch.Root, null, Eventually.Patience);

    public void Dispose()
    {
        _mountPoints.ForEach(mountPoint => mountPoint.Dispose());
        _lab.Dispose();
        _scratch.Dispose();
    }

    [FreezeLabFact]
    public void Dismissed_guardian_thaws_what_the_agent_has_left_frozen()
    {
        var volumes = Mount(3);
        using var guardian = _guardians.Start(_mountPoints, isFrozen: false);
        guardian.Arm(Eventually.Patience);
        volumes[0].Freeze();
        volumes[2].Freeze();

        Assert.Equal(2, guardian.Dismiss(Eventually.Patience));
        Assert.All(volumes, volume => Assert.False(volume.IsFrozen));
    }

    [FreezeLabFact]
    public async Task Guardian_thaws_what_an_agent_asks_it_to_and_tells_what_it_found()
    {
        var volumes = Mount(3);
        var mountPoints = _mountPoints.ConvertAll(open => open.MountPoint);
        var unarmed = _guardians.Start(_mountPoints, isFrozen: false);
        volumes[0].Freeze();
        Assert.Null(unarmed.TryThaw(mountPoints[0]));
        Assert.True(volumes[0].IsFrozen);
        unarmed.Dispose();
        await unarmed.Ended.WaitAsync(Eventually.Patience);     // it has the address of the next till then

        using (var guardian = _guardians.Start(_mountPoints, isFrozen: false))
        {
            Assert.DoesNotContain(guardian.Warnings, warning => warning.Contains("can't be found", StringComparison.Ordinal));
            guardian.Arm(Eventually.Patience);
            Assert.True(guardian.TryThaw(mountPoints[0]));
            Assert.False(guardian.TryThaw(mountPoints[0]));
            Assert.Null(guardian.TryThaw(mountPoints[0] with { Device = new DeviceNumber(1, 2) }));
            Assert.InRange(guardian.Remaining!.Value, TimeSpan.FromTicks(1), Eventually.Patience);
            volumes[1].Freeze();
            volumes[2].Freeze();
        }

        using var found = _guardians.Find(out _)!;
        Assert.True(found.TryThaw(mountPoints[2]));
        Assert.True(volumes[1].IsFrozen);
        Assert.Equal(1, found.Dismiss(Eventually.Patience));
        Assert.Null(found.TryThaw(mountPoints[0]));
    }

    [FreezeLabFact]
    public async Task Guardian_that_stops_between_two_thaws_keeps_the_agent_from_none()
    {
        var volumes = Mount(3);
        var mountPoints = _mountPoints.ConvertAll(open => open.MountPoint);
        using var guardian = (LinuxFreezeGuardian)_guardians.Start(_mountPoints, isFrozen: false);
        guardian.Arm(Eventually.Patience);
        volumes.ForEach(volume => volume.Freeze());
        Assert.True(guardian.TryThaw(mountPoints[0]));

        Signal.Stop.Send(guardian.Child!.Value);
        Assert.Null(await Task.Run(() => guardian.TryThaw(mountPoints[1])).WaitAsync(Eventually.Patience));
        Assert.Null(await Task.Run(() => guardian.TryThaw(mountPoints[2])).WaitAsync(Eventually.Patience));
        Assert.True(volumes[1].IsFrozen);

        // What it was asked for it does when it goes on, and then it is asked again.
        Signal.Continue.Send(guardian.Child.Value);
        Eventually.True(() => guardian.TryThaw(mountPoints[2]) == true);
        Assert.False(volumes[1].IsFrozen);
    }

    [FreezeLabFact]
    public async Task Unarmed_guardian_leaves_frozen_what_others_froze()
    {
        var volume = Assert.Single(Mount(1));
        var guardian = _guardians.Start(_mountPoints, isFrozen: false);
        volume.Freeze();

        guardian.Dispose();

        await guardian.Ended.WaitAsync(Eventually.Patience);
        Assert.True(volume.IsFrozen);
    }

    [FreezeLabFact]
    public void Disarmed_guardian_ends_and_leaves_frozen_what_others_froze()
    {
        var volume = Assert.Single(Mount(1));
        using var guardian = _guardians.Start(_mountPoints, isFrozen: false);
        guardian.Arm(Eventually.Patience);
        volume.Freeze();

        guardian.Disarm(Eventually.Patience);

        Assert.True(guardian.Ended.IsCompleted);
        Assert.True(volume.IsFrozen);
    }

    [FreezeLabFact]
    public async Task Everything_is_thawed_when_the_deadline_has_passed()
    {
        var volumes = Mount(3);
        var guardian = _guardians.Start(_mountPoints, isFrozen: false);
        volumes.ForEach(volume => volume.Freeze());
        guardian.Arm(TimeSpan.FromMilliseconds(100));

        guardian.Dispose();

        await guardian.Ended.WaitAsync(Eventually.Patience);
        Assert.All(volumes, volume => Assert.False(volume.IsFrozen));
    }

    [FreezeLabFact]
    public async Task Guardian_that_thaws_on_its_own_notes_what_it_has_found_and_when()
    {
        var volumes = Mount(3);
        using var journal = Journal();
        var guardian = _guardians.Start(_mountPoints, isFrozen: false, journal);
        volumes[0].Freeze();
        volumes[2].Freeze();
        var before = Moment.Now(BootClock.Instance);
        guardian.Arm(TimeSpan.Zero);
        guardian.Dispose();
        await guardian.Ended.WaitAsync(Eventually.Patience);

        var events = journal.Read();
        string[] found = [$"FoundThawed {DeviceOf(volumes[1])}", $"Thawed {DeviceOf(volumes[0])}", $"Thawed {DeviceOf(volumes[2])}"];
        Assert.Equal(
            ["Ended ", "Ending Deadline", .. found.Order(StringComparer.Ordinal)],
            events.Select(each => $"{each.Kind} {each.Values.FirstOrDefault()}").Order(StringComparer.Ordinal));
        Assert.Equal((FreezeEventKind.Ending, FreezeEventKind.Ended), (events[0].Kind, events[^1].Kind));
        Assert.All(events, each => Assert.InRange(each.At.Boot, before.Boot, Moment.Now(BootClock.Instance).Boot));
    }

    [FreezeLabFact]
    public void Guardian_that_is_dismissed_notes_nothing()
    {
        var volume = Assert.Single(Mount(1));
        using var journal = Journal();
        using var guardian = _guardians.Start(_mountPoints, isFrozen: false, journal);
        guardian.Arm(Eventually.Patience);
        volume.Freeze();

        Assert.Equal(1, guardian.Dismiss(Eventually.Patience));
        Assert.Empty(journal.Read());
    }

    /// <summary>A freeze that waits for a daemon holds the lock that a thaw needs.</summary>
    [Trait("Speed", "Slow")]
    [FreezeLabFact]
    public async Task Filesystem_that_does_not_answer_holds_up_no_other_and_is_thawed_when_it_does()
    {
        var marker = new FrozenMarker(_scratch.Root);
        var daemon = _lab.MountBindfs("/shown", "/mnt/shown");
        var first = Open(_lab.Mount("ext4", "/mnt/first"));
        var hung = Enumerable.Range(0, 2).Select(number => Open(_lab.Mount("ext4", $"/mnt/hung{number}", $"/mnt/shown/{number}"))).ToList();
        var last = Open(_lab.Mount("ext4", "/mnt/last"));
        hung.ForEach(volume => _lab.Run($"echo text > {volume.MountPoint}/file"));
        using var guardian = _guardians.Start(_mountPoints, isFrozen: false);
        marker.Create();
        guardian.Mark(marker);
        guardian.Arm(TimeSpan.Zero);
        first.Freeze();
        last.Freeze();
        daemon.Send(Signal.Stop);
        var freezes = hung.ConvertAll(volume => Task.Factory.StartNew(
            volume.Freeze, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

        Eventually.True(() => !marker.Exists());
        Assert.False(last.IsFrozen);
        Assert.False(first.IsFrozen);
        Assert.False(guardian.Ended.IsCompleted);
        Assert.All(freezes, freeze => Assert.False(freeze.IsCompleted));

        daemon.Send(Signal.Continue);
        await Task.WhenAll(freezes);
        Assert.Equal(2, await guardian.Ended.WaitAsync(Eventually.Patience));
        Assert.All(hung, volume => Assert.False(volume.IsFrozen));
    }

    private List<FreezeLabVolume> Mount(int count) =>
        [.. Enumerable.Range(0, count).Select(number => Open(_lab.Mount("ext4", $"/mnt/{number}")))];

    private FreezeJournal Journal()
    {
        var errno = LibC.Open(
            _scratch.PathOf("journal"), LibC.O_RDWR | LibC.O_CREAT | LibC.O_APPEND, UnixFileMode.UserRead | UnixFileMode.UserWrite, out var file);
        Assert.Equal(Errno.Success, errno);
        return new FreezeJournal(file);
    }

    private static DeviceNumber DeviceOf(FreezeLabVolume volume) =>
        DeviceNumber.Parse(File.ReadAllText($"/sys/block/{volume.Device}/dev").TrimEnd())!.Value;

    private FreezeLabVolume Open(FreezeLabVolume volume)
    {
        _mountPoints.Add(OpenMountPoint.Open(new MountPoint(_lab.PathOf(volume.MountPoint), volume.Type, DeviceOf(volume))));
        return volume;
    }
}
