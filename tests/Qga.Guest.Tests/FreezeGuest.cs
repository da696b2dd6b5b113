using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>
/// A guest with a root file system on a disk, ext4, and another below it, XFS: the agent lives there with its program, libraries,
/// state, log, pid file and temporary folder, so that it freezes what it stands on. /run is in memory, as everywhere; so is
/// whatever starts the agent.
/// </summary>
public sealed class FreezeGuest : IAsyncDisposable
{
    /// <summary>Where the agent's root file system is mounted.</summary>
    public const string Root = "/mnt";

    /// <summary>The marker of the frozen guest.</summary>
    public const string Marker = $"{Root}/var/lib/qga/qga.state.isfrozen";

    /// <summary>What syslog has written; it is on the disk too.</summary>
    public const string SystemLog = $"{Root}/var/log/messages";

    /// <summary>Runs the agent on that root file system.</summary>
    public const string Environment = $"env TMPDIR=/var/tmp chroot {Root}";

    /// <summary>Arguments of guest-fsfreeze-freeze-list.</summary>
    public static readonly JObject RootAlone = new() { ["mountpoints"] = new JArray("/") };

    private static readonly string[] Options =
    [
        .. GuestMachine.OnAgentPort,
        "-t", "/var/lib/qga", "-l", "/var/log/qga.log", "-f", "/var/lib/qga.pid", "-F/etc/fsfreeze-hook",
    ];

    private readonly List<DiskImage> _disks = [];

    private FreezeGuest()
    {
    }

    public GuestMachine Machine { get; private set; } = null!;

    public static async Task<FreezeGuest> BootAsync(GuestOptions? options = null)
    {
        var guest = new FreezeGuest();
        try
        {
            guest._disks.AddRange([DiskImage.Ext4(128), DiskImage.Xfs(), DiskImage.Ext4(8)]);
            guest.Machine = await GuestMachine.BootAsync(
                (options ?? new GuestOptions()) with { Disks = [.. guest._disks.Select(disk => disk.Path)] });
            await guest.Machine.OutputOfAsync(
                $$"""
                  set -e
                  modprobe xfs
                  mount -t ext4 /dev/vda {{Root}}
                  cd {{Root}}
                  mkdir -p data dev lib proc run sys var/lib/qga var/log var/tmp
                  cp -a /bin /etc /lib64 .
                  cp -a /lib/*-linux-gnu lib
                  for loader in /lib/ld-*; do [ ! -e $loader ] || cp -a $loader lib; done
                  for folder in dev proc run sys; do mount --bind /$folder $folder; done
                  mount -t xfs /dev/vdb data
                  printf '#!/bin/sh\necho "$1 $QGA_HOOK_REASON" >> /run/hooks\n' > etc/fsfreeze-hook
                  chmod 755 etc/fsfreeze-hook
                  syslogd -O {{SystemLog}}
                  sync
                  """);
            return guest;
        }
        catch
        {
            await guest.DisposeAsync();
            throw;
        }
    }

    public Task<GuestAgent> StartAgentAsync(params string[] arguments) =>
        GuestAgent.StartAsync(Machine, Environment, [.. Options, .. arguments]);

    /// <summary>Starts the agent under a watchdog, which starts it anew whenever it ends.</summary>
    /// <param name="output">The file for the agent's standard output and error.</param>
    public Task<GuestWatchdog> StartWatchdogAsync(string output = "/run/watchdog.log") => GuestWatchdog.StartAsync(Machine, output, Options);

    /// <summary>The host's side of the agent, past whatever an earlier agent has left there.</summary>
    public async Task<GuestClient> ConnectAsync()
    {
        var client = await Machine.ConnectToAgentPortAsync();
        await client.SyncAsync(Environment.Length);
        return client;
    }

    /// <summary>Freezes the guest, which has two filesystems, and nothing else that can be frozen.</summary>
    public static async Task FreezeAsync(GuestClient client, int? timeout = null)
    {
        var arguments = timeout is null ? null : new JObject { ["timeout"] = timeout };
        Assert.Equal(2, await client.AskAsync("guest-fsfreeze-freeze", arguments));
    }

    /// <summary>What the hook was called with so far, one call per line.</summary>
    public Task<string> HooksAsync() => Machine.OutputOfAsync("cat /run/hooks");

    /// <summary>Starts a writer on each filesystem, and waits until the kernel holds them up.</summary>
    public Task StartHeldWritersAsync() => Machine.OutputOfAsync(
        $$"""
          for folder in {{Root}} {{Root}}/data; do
              rm -f /run/writer
              (echo $(exec sh -c 'echo $PPID') > /run/writer; echo written > $folder/written; echo $folder >> /run/written) &
              until grep -q '^State:.D' /proc/$(cat /run/writer)/status; do usleep 20000; done
          done
          [ ! -e /run/written ]
          """);

    /// <summary>Makes sure that those writers still wait.</summary>
    public Task AssertWritersAreHeldAsync() => Machine.OutputOfAsync("[ ! -e /run/written ]");

    /// <summary>Waits until those writers are through.</summary>
    public Task WritersGoOnAsync() => Machine.WaitUntilAsync($"grep -qx {Root} /run/written && grep -qx {Root}/data /run/written");

    /// <summary>Lets the disk of /data answer no more writes, with something on it to write.</summary>
    public async Task StallDataDiskAsync()
    {
        await LimitDataDiskAsync(bytesPerSecond: 1);
        await Machine.OutputOfAsync($"dd if=/dev/zero of={Root}/data/unwritten bs=1M count=2");
    }

    public Task ReleaseDataDiskAsync() => LimitDataDiskAsync(bytesPerSecond: 0);

    /// <summary>Writes to both filesystems, waits for the end of the guardian, then makes sure that nothing is left of a freeze.</summary>
    /// <remarks>A guardian that thaws removes the marker last: a write may go through before.</remarks>
    public async Task AssertThawedAsync()
    {
        await Machine.OutputOfAsync($"echo 1 > {Root}/thawed; echo 1 > {Root}/data/thawed; sync");
        await Machine.WaitUntilAsync("! pidof qga-freeze-guardian > /dev/null");
        await Machine.OutputOfAsync($"[ ! -e {Marker} ]");
    }

    /// <summary>Ends what a case has started, and thaws what it has frozen.</summary>
    public async Task ResetAsync()
    {
        await ReleaseDataDiskAsync();
        await Machine.OutputOfAsync(
            $$"""
              [ ! -e /run/watchdog.self ] || kill -9 $(cat /run/watchdog.self)
              kill -9 $(pidof qga qga-freeze-guardian)
              while fsfreeze --unfreeze {{Root}} || fsfreeze --unfreeze {{Root}}/data || fsfreeze --unfreeze {{Root}}/inner; do :; done
              while pidof qga qga-freeze-guardian > /dev/null; do usleep 20000; done
              rm -f {{Marker}} /run/hooks /run/writ* {{Root}}/var/log/qga.log /run/watchdog*
              """);
    }

    public async ValueTask DisposeAsync()
    {
        if (Machine is not null)
            await Machine.DisposeAsync();
        _disks.ForEach(disk => disk.Dispose());
    }

    private async Task LimitDataDiskAsync(int bytesPerSecond) => await Machine.Monitor.ExecuteAsync(
        "block_set_io_throttle",
        new JObject
        {
            ["device"] = "disk1",
            ["bps"] = 0,
            ["bps_rd"] = 0,
            ["bps_wr"] = bytesPerSecond,
            ["iops"] = 0,
            ["iops_rd"] = 0,
            ["iops_wr"] = 0,
        });
}
