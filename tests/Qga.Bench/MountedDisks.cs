using System.Diagnostics;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>How long a host waits for the list of many filesystems, and for that of their disks.</summary>
internal sealed class MountedDisks : IMeasurement
{
    private const int Mounts = 500;
    private const int Disks = 1000;
    private const int Requests = 20;

    /// <summary>A part of them, to see how the time grows.</summary>
    private const int Fewer = 4;

    public string Name => "mounts";

    public string Method =>
        $"median of {Requests} requests each; {Disks} disks, {Mounts} of them with a mounted filesystem, by a /sys and a table of mounts made of files; "
        + $"then the same with 1/{Fewer} of them";

    public int Runs => 5;

    /// <summary>It, where a made-up machine can be put before an agent.</summary>
    internal static IEnumerable<IMeasurement> All => Environment.IsPrivilegedProcess ? [new MountedDisks()] : [];

    public IReadOnlyList<Reading> Take(Contender contender) =>
        [.. Take(contender, Disks, Mounts), .. Take(contender, Disks / Fewer, Mounts / Fewer)];

    private static IReadOnlyList<Reading> Take(Contender contender, int disks, int mountPoints)
    {
        using var scratch = new ScratchDirectory();
        using var tree = new SysfsTree();
        var mounts = new List<string>();
        for (var number = 0; number < disks; number++)
        {
            var controller = $"pci0000:00/0000:{number / 32:x2}:{number % 32:x2}.0";
            tree.AddDriver(controller, "virtio-pci");
            var disk = tree.AddDisk($"{controller}/virtio{number}/block/vd{number}", $"E:ID_SERIAL=serial-{number}\n");
            if (number >= mountPoints)
                continue;
            var mountPoint = Directory.CreateDirectory(scratch.PathOf($"mounted/{number}")).FullName;
            mounts.Add($"{number} 1 {disk} / {mountPoint} rw - ext4 /dev/vd{number} rw\n");
        }

        tree.WriteMounts(string.Concat(mounts));
        using var agent = new TreeAgent(scratch, tree, contender == Contender.Ours ? PublishedAgent.Executable : PeerAgent.Command!);
        using var client = agent.Connect();
        return
        [
            new($"fsinfo of {mountPoints} mounts", "ms", Milliseconds(client, "guest-get-fsinfo", mountPoints)),
            new($"{disks} disks", "ms", Milliseconds(client, "guest-get-disks", disks)),
        ];
    }

    private static double Milliseconds(QmpClient client, string command, int count)
    {
        var times = new List<double>();
        for (var request = 0; request < Requests; request++)
        {
            var start = Stopwatch.GetTimestamp();
            var answer = client.Ask(Qmp.Request(command));
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            if (Qmp.Return(answer).Count() != count)
                throw new InvalidOperationException($"{command}: {answer}");
        }

        return Statistics.Median(times);
    }
}
