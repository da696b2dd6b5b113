using System.Globalization;
using Newtonsoft.Json.Linq;
using Qga.Client;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Guests;
using Qga.Ctl.Output;

namespace Qga.Ctl.Verbs;

/// <summary>Asks an agent for all that it tells of its guest.</summary>
internal sealed class InfoVerb : IVerb
{
    private static readonly string[] Commands =
    [
        "guest-info", "guest-fsfreeze-status", "guest-get-host-name", "guest-get-osinfo", "guest-get-time", "guest-get-timezone", "guest-get-users",
        "guest-get-vcpus", "guest-get-load", "guest-get-fsinfo", "guest-get-disks", "guest-network-get-interfaces",
    ];

    public string Name => "info";

    public string Summary => "Tell what an agent says of its guest.";

    public string Synopsis => "GUEST";

    public string Description => """
        Questions that the agent does not answer, as it is too old, or its guest frozen,
        are left out. With --json the answers are as they come, by command: see
        qga's docs/protocol.md, and what was refused is told beside them.
        """;

    public async Task<int> RunAsync(CommandWords words, VerbContext context)
    {
        if (words.All is not [var name])
            throw new UsageException($"what is needed is {Synopsis}");
        await using var guest = await context.ConnectAsync(name);
        if (context.IsJson)
            context.Print(await JsonAsync(name, guest, context.Cancellation));
        else
            await PrintAsync(name, guest, context);
        return ExitCode.Success;
    }

    private static async Task<JObject> JsonAsync(string name, GuestAgent guest, CancellationToken cancellationToken)
    {
        JObject answers = [], errors = [];
        foreach (var command in Commands)
        {
            try
            {
                answers[command] = await guest.CallAsync(command, cancellationToken: cancellationToken);
            }
            catch (Exception failure) when (Question.IsUntold(failure))
            {
                errors[command] = failure.Message;
            }
        }

        return new JObject { ["guest"] = name, ["address"] = guest.Name, ["answers"] = answers, ["errors"] = errors };
    }

    private static async Task PrintAsync(string name, GuestAgent guest, VerbContext context)
    {
        var cancel = context.Cancellation;
        List<Cell[]> facts = [];
        await TellAsync("Agent", guest.InfoAsync, info => [AgentOf(info)]);
        await TellAsync("State", guest.GetFreezeStatusAsync, freeze => [freeze == FreezeStatus.Frozen ? "frozen" : "thawed"]);
        await TellAsync("Host name", guest.GetHostNameAsync, host => [host.HostName]);
        await TellAsync("System", guest.GetOsInfoAsync, system => [SystemOf(system)]);
        await TellAsync("Clock", guest.GetTimeAsync, time => [ClockOf(time)]);
        await TellAsync("Time zone", guest.GetTimezoneAsync, zone => [ZoneOf(zone)]);
        await TellAsync("Processors", guest.GetVcpusAsync, all => [$"{all.Count(processor => processor.Online)} of {all.Count}"]);
        await TellAsync("Load", guest.GetLoadAsync, load => [LoadOf(load)]);
        await TellAsync("Memory", cancel => GuestMemory.ReadAsync(guest, cancel), memory => [memory?.ToString() ?? ""]);
        await TellAsync("Users", guest.GetUsersAsync, users => users.Select(user => user.User).Distinct(StringComparer.Ordinal));
        await TellAsync("Filesystems", guest.GetFsInfoAsync, mounts => Aligned(mounts.Select(FileSystemOf)));
        await TellAsync("Network", guest.NetworkGetInterfacesAsync, interfaces => Aligned(interfaces.Select(InterfaceOf)));

        context.Out.WriteLine(Printable.Of(name == guest.Name ? name : $"{name} ({guest.Name})"));
        foreach (var line in TextTable.Lines(facts))
            context.Out.WriteLine($"  {line}");

        async Task TellAsync<T>(string what, Func<CancellationToken, Task<T>> ask, Func<T, IEnumerable<string>> show)
        {
            try
            {
                foreach (var line in show(await ask(cancel)))
                {
                    if (line.Length > 0)
                        facts.Add([facts.Exists(fact => fact[0].Text == what) ? " " : what, line]);
                }
            }
            catch (QgaProtocolException failure)
            {
                context.Note($"{what}: {failure.Message}");
            }
            catch (Exception failure) when (Question.IsUntold(failure))
            {
                // What it does not tell is left out.
            }
        }
    }

    private static string AgentOf(GuestAgentInfo info)
    {
        var disabled = info.SupportedCommands.Where(command => !command.Enabled).Select(command => command.Name).ToList();
        return $"{info.Version}, {info.SupportedCommands.Count} commands{(disabled.Count > 0 ? $", disabled: {string.Join(" ", disabled)}" : "")}";
    }

    private static string SystemOf(GuestOsInfo system)
    {
        string?[] parts = [system.PrettyName ?? system.Name ?? system.Id, system.KernelRelease, system.Machine];
        return string.Join(", ", parts.Where(part => !string.IsNullOrEmpty(part)));
    }

    private static string LoadOf(GuestLoadAverage load) =>
        string.Create(CultureInfo.InvariantCulture, $"{load.Load1m:0.00} {load.Load5m:0.00} {load.Load15m:0.00}");

    private static string ClockOf(long nanoseconds)
    {
        var time = DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
        var ahead = time - DateTimeOffset.UtcNow;
        var differs = ahead.Duration() < TimeSpan.FromSeconds(1)
            ? "as the host"
            : $"{Quantity.Time(ahead.Duration())} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the host";
        return string.Create(CultureInfo.InvariantCulture, $"{time:yyyy-MM-dd HH:mm:ss} UTC, {differs}");
    }

    private static string ZoneOf(GuestTimezone zone)
    {
        var offset = TimeSpan.FromSeconds(Math.Clamp(zone.Offset, -86399, 86399));
        var digits = string.Create(CultureInfo.InvariantCulture, $"UTC{(offset < TimeSpan.Zero ? '-' : '+')}{offset:hh\\:mm}");
        return zone.Zone is { Length: > 0 } name ? $"{name} ({digits})" : digits;
    }

    private static Cell[] FileSystemOf(GuestFilesystemInfo mount) =>
    [
        mount.MountPoint,
        mount.Type,
        mount is { UsedBytes: { } used, TotalBytes: { } total }
            ? $"{Quantity.Bytes(used)} of {Quantity.Bytes(total)}{(Quantity.Percent(used, total) is { } percent ? $" ({percent} %)" : "")}"
            : "",
        mount.Name,
    ];

    private static Cell[] InterfaceOf(GuestNetworkInterface found) =>
    [
        found.Name,
        found.HardwareAddress ?? "",
        string.Join(" ", (found.IpAddresses ?? []).Select(address => $"{address.IpAddress}/{address.Prefix}")),
    ];

    private static IEnumerable<string> Aligned(IEnumerable<Cell[]> rows) => rows.ToList() is { Count: > 0 } all ? TextTable.Lines(all) : [];
}
