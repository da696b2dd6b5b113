using System.Diagnostics;
using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Testing;
using Xunit.Abstractions;

namespace Qga.Guest.Tests;

/// <summary>Files by way of a real virtio port, with our agent and with qemu-ga in turn, under the same kernel.</summary>
public sealed class ThroughputTests(ITestOutputHelper output)
{
    private const int FileSize = 8 << 20;
    private const int Rounds = 3;
    private const int Pings = 200;
    private const string File = "/tmp/throughput";

    private static readonly (string Name, int Bytes)[] Pieces = [("64 KiB", 64 << 10), ("1 MiB", 1 << 20), ("8 MiB", 8 << 20)];

    private readonly byte[] _content = Content.Of(FileSize);
    private readonly byte[] _answer = new byte[FileSize * 3 / 2];

    [GuestFact(NeedsPeer = true)]
    public async Task Throughput_beside_qemu_ga_is_reported()
    {
        using var peer = PeerDisk();
        await using var guest = await GuestMachine.BootAsync(new GuestOptions { Disks = [peer.Path] });
        await guest.OutputOfAsync("mount -t ext4 -o ro /dev/vda /mnt");
        var ours = new Dictionary<string, List<double>>();
        var peers = new Dictionary<string, List<double>>();

        for (var round = 0; round < Rounds; round++)
        {
            await MeasureAsync(guest, "qga", ours);
            await MeasureAsync(guest, "/mnt/qemu-ga", peers);
        }

        output.WriteLine(
            $"under emulation, medians of {Rounds} rounds of {FileSize >> 20} MiB; the ratio is that of each round");
        output.WriteLine("| | qga | qemu-ga | ratio | min..max |");
        output.WriteLine("| --- | ---: | ---: | ---: | ---: |");
        foreach (var (figure, values) in ours)
        {
            double[] ratios = [.. values.Zip(peers[figure], (our, peer) => our / peer).Order()];
            output.WriteLine(
                $"| {figure} | {Median(values):G3} | {Median(peers[figure]):G3} | {Median(ratios):F2} | {ratios[0]:F2}..{ratios[^1]:F2} |");
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    /// <summary>qemu-ga with its libraries, as <c>tests/get-peer</c> has laid them out.</summary>
    private static DiskImage PeerDisk()
    {
        using var folder = new ScratchDirectory();
        foreach (var part in new[] { "qemu-ga", "root" })
        {
            var copy = HostTool.Run("cp", "-a", Path.Combine(Path.GetDirectoryName(PeerAgent.Command)!, part), folder.Root);
            Assert.True(copy.Status == 0, copy.Error);
        }

        return DiskImage.Ext4Of(folder.Root, megabytes: 128);
    }

    private async Task MeasureAsync(GuestMachine guest, string program, Dictionary<string, List<double>> figures)
    {
        await using var agent = await guest.StartOnPortAsync(program);
        using var client = await guest.ConnectToAgentPortAsync();
        await client.SyncAsync(Stopwatch.GetTimestamp());
        await PingAsync(client);                                // under emulation, code is slow when it runs for the first time
        Add("pings, 1/s", Pings / (await PingAsync(client)).TotalSeconds);
        foreach (var (name, piece) in Pieces)
        {
            var written = await WriteAsync(client, piece);
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(_content)),
                (await guest.OutputOfAsync($"sha256sum {File}"))[..64]);
            var read = await ReadAsync(client, piece);
            await guest.OutputOfAsync($"rm {File}");
            Add($"write {name}, MB/s", FileSize / written.TotalMicroseconds);
            Add($"read {name}, MB/s", FileSize / read.TotalMicroseconds);
        }

        void Add(string figure, double value)
        {
            if (!figures.TryGetValue(figure, out var values))
                figures.Add(figure, values = []);
            values.Add(value);
        }
    }

    /// <summary>What of every request does not depend on its size.</summary>
    private async Task<TimeSpan> PingAsync(GuestClient client)
    {
        var ping = Request("guest-ping", "");
        var watch = Stopwatch.StartNew();
        for (var number = 0; number < Pings; number++)
            await client.ExchangeAsync(ping, _answer);
        return watch.Elapsed;
    }

    private async Task<TimeSpan> WriteAsync(GuestClient client, int piece)
    {
        var handle = await client.AskAsync("guest-file-open", new JObject { ["path"] = File, ["mode"] = "w" });
        var requests = Enumerable.Range(0, FileSize / piece)
            .Select(number => Convert.ToBase64String(_content, number * piece, piece))
            .Select(base64 => Request("guest-file-write", $"\"handle\":{handle},\"buf-b64\":\"{base64}\""))
            .ToArray();
        var expected = $$$"""{"return": {"count": {{{piece}}}, "eof": false}}""" + "\n";

        var watch = Stopwatch.StartNew();
        foreach (var request in requests)
        {
            var length = await client.ExchangeAsync(request, _answer);
            Assert.Equal(expected, Encoding.ASCII.GetString(_answer, 0, length));
        }

        watch.Stop();
        await client.AskAsync("guest-file-close", new JObject { ["handle"] = handle });
        return watch.Elapsed;
    }

    private async Task<TimeSpan> ReadAsync(GuestClient client, int piece)
    {
        var handle = await client.AskAsync("guest-file-open", new JObject { ["path"] = File });
        var request = Request("guest-file-read", $"\"handle\":{handle},\"count\":{piece}");
        var watch = new Stopwatch();
        for (var done = 0; done < FileSize; done += piece)
        {
            watch.Start();
            var length = await client.ExchangeAsync(request, _answer);
            watch.Stop();
            var read = JObject.Parse(Encoding.ASCII.GetString(_answer, 0, length))["return"]!;
            Assert.True(
                Convert.FromBase64String((string)read["buf-b64"]!).AsSpan().SequenceEqual(_content.AsSpan(done, piece)), $"piece at {done} differs");
        }

        await client.AskAsync("guest-file-close", new JObject { ["handle"] = handle });
        return watch.Elapsed;
    }

    private static byte[] Request(string command, string arguments) =>
        Encoding.ASCII.GetBytes($$"""{"execute":"{{command}}","arguments":{""" + arguments + "}}\n");
}
