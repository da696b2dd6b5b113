using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>Processors and memory that are plugged into a running guest, and switched on and off by the host.</summary>
public sealed class ProcessorsTests
{
    private const string Cpu = "/sys/devices/system/cpu";
    private const string Memory = "/sys/devices/system/memory";

    [GuestFact(OfPc = "takes processors while it runs")]
    public async Task A_processor_that_is_plugged_in_works_when_the_host_wants_it_and_rests_again()
    {
        await using var guest = await GuestMachine.BootAsync(new GuestOptions { Processors = 2, MostProcessors = 4 });
        await using var agent = await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();
        Assert.Equal(["0 True False", "1 True True"], await ProcessorsAsync(client));

        await PlugProcessorAsync(guest);
        await guest.WaitUntilAsync($"[ -e {Cpu}/cpu2/online ]");
        Assert.Equal(["0 True False", "1 True True", "2 False True"], await ProcessorsAsync(client));

        Assert.Equal(1, await SetProcessorsAsync(client, (2, true)));
        Assert.Equal("0-2", await guest.OutputOfAsync($"cat {Cpu}/online"));
        Assert.Equal(["0", "1", "2"], (await client.AskAsync("guest-get-cpustats")).Select(times => $"{times["cpu"]}"));

        // One that is so already, one that is asked for twice, and the first that can't be ends it.
        Assert.Equal(4, await SetProcessorsAsync(client, (2, true), (1, false), (1, false), (0, true), (0, false), (2, false)));
        Assert.Equal("0,2", await guest.OutputOfAsync($"cat {Cpu}/online"));
        Assert.Equal(["0 True False", "1 False True", "2 True True"], await ProcessorsAsync(client));

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => SetProcessorsAsync(client, (0, false), (1, true)));
        Assert.Contains("logical processor #0 can't be offlined", refusal.Message);
        Assert.Equal("0,2", await guest.OutputOfAsync($"cat {Cpu}/online"));
    }

    [GuestFact(OfPc = "takes memory while it runs")]
    public async Task Memory_that_is_plugged_in_is_used_when_the_host_wants_it_and_given_back()
    {
        await using var guest = await GuestMachine.BootAsync(new GuestOptions { MostMemoryMegabytes = 1024 });
        await using var agent = await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();
        var before = await BlocksAsync(client);
        Assert.Equal((await guest.OutputOfAsync($"ls -d {Memory}/memory[0-9]*")).Split('\n').Length, before.Count);
        Assert.All(before.Values, isOnline => Assert.True(isOnline));

        // So that the kernel keeps nothing there that it can't move elsewhere.
        await guest.OutputOfAsync("echo auto-movable > /sys/module/memory_hotplug/parameters/online_policy");
        var size = (long)(await client.AskAsync("guest-get-memory-block-info"))["size"]!;
        await PlugMemoryAsync(guest, size);
        await guest.WaitUntilAsync($"[ $(ls -d {Memory}/memory[0-9]* | wc -l) = {before.Count + 1} ]");
        var plugged = Assert.Single((await BlocksAsync(client)).Keys.Except(before.Keys));

        Assert.Equal(["success"], await SetBlocksAsync(client, (plugged, true)));
        Assert.StartsWith("online", await guest.OutputOfAsync($"cat {Memory}/memory{plugged}/state"), StringComparison.Ordinal);
        Assert.True((await BlocksAsync(client))[plugged]);
        Assert.Equal(["success", "not-found 2"], await SetBlocksAsync(client, (plugged, true), (99999, true)));

        // The kernel refuses while something in the block can't be moved elsewhere, so a host asks again.
        List<string> outcome;
        var tries = 0;
        do
            outcome = await SetBlocksAsync(client, (plugged, false));
        while (outcome is not ["success"] && ++tries < 20);
        Assert.Equal(["success"], outcome);
        Assert.Equal("offline", await guest.OutputOfAsync($"cat {Memory}/memory{plugged}/state"));
        Assert.False((await BlocksAsync(client))[plugged]);
    }

    [GuestFact(OfPc = "has memory from address 0 on")]
    public async Task Memory_that_the_kernel_cannot_do_without_stays_and_the_host_hears_why()
    {
        await using var guest = await GuestMachine.BootAsync(new GuestOptions { Processors = 1 });
        await using var agent = await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();

        // The kernel's own code and its first tables are in the first block.
        var outcome = Assert.Single(await SetBlocksAsync(client, (0, false)));

        Assert.Matches("^operation-failed (11|16|22)$", outcome);
        Assert.Equal("online", await guest.OutputOfAsync($"cat {Memory}/memory0/state"));
    }

    private static async Task PlugProcessorAsync(GuestMachine guest)
    {
        var slots = await guest.Monitor.ExecuteAsync("query-hotpluggable-cpus");
        var free = slots.Last(slot => slot["qom-path"] is null);
        var arguments = new JObject((JObject)free["props"]!) { ["driver"] = free["type"], ["id"] = "plugged-processor" };
        await guest.Monitor.ExecuteAsync("device_add", arguments);
    }

    private static async Task PlugMemoryAsync(GuestMachine guest, long size)
    {
        await guest.Monitor.ExecuteAsync("object-add", new JObject { ["qom-type"] = "memory-backend-ram", ["id"] = "more", ["size"] = size });
        await guest.Monitor.ExecuteAsync("device_add", new JObject { ["driver"] = "pc-dimm", ["id"] = "plugged-memory", ["memdev"] = "more" });
    }

    private static async Task<IEnumerable<string>> ProcessorsAsync(GuestClient client) =>
        (await client.AskAsync("guest-get-vcpus")).OrderBy(processor => (long)processor["logical-id"]!)
        .Select(processor => $"{processor["logical-id"]} {processor["online"]} {processor["can-offline"]}");

    private static async Task<long> SetProcessorsAsync(GuestClient client, params (long Id, bool IsOnline)[] wishes) => (long)await client.AskAsync(
        "guest-set-vcpus",
        new JObject { ["vcpus"] = new JArray(wishes.Select(wish => new JObject { ["logical-id"] = wish.Id, ["online"] = wish.IsOnline })) });

    private static async Task<Dictionary<long, bool>> BlocksAsync(GuestClient client) =>
        (await client.AskAsync("guest-get-memory-blocks")).ToDictionary(block => (long)block["phys-index"]!, block => (bool)block["online"]!);

    private static async Task<List<string>> SetBlocksAsync(GuestClient client, params (long Index, bool IsOnline)[] wishes)
    {
        var outcomes = await client.AskAsync(
            "guest-set-memory-blocks",
            new JObject
            {
                ["mem-blks"] = new JArray(wishes.Select(wish => new JObject { ["phys-index"] = wish.Index, ["online"] = wish.IsOnline })),
            });
        Assert.Equal(wishes.Select(wish => wish.Index), outcomes.Select(outcome => (long)outcome["phys-index"]!));
        return [.. outcomes.Select(outcome => $"{outcome["response"]} {outcome["error-code"]}".TrimEnd())];
    }
}
