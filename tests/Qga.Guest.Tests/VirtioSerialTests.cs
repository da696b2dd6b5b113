using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Newtonsoft.Json.Linq;
using Xunit.Abstractions;

namespace Qga.Guest.Tests;

/// <summary>The agent on a virtio port, spoken to from the host.</summary>
[Collection(nameof(SharedGuest))]
public sealed class VirtioSerialTests(SharedGuest shared, ITestOutputHelper output)
{
    private const string Port = $"/dev/virtio-ports/{GuestMachine.AgentPort}";

    private readonly GuestMachine _guest = shared.Machine;

    [GuestFact]
    public async Task An_agent_that_started_before_any_client_answers_the_first_one()
    {
        await using var agent = await _guest.StartAgentOnPortAsync();
        await agent.WaitForOpenAsync(Port);

        using var client = await _guest.ConnectToAgentPortAsync();

        await client.AskAsync("guest-ping");
    }

    [GuestFact]
    public async Task A_request_that_came_before_the_agent_is_answered_when_it_starts()
    {
        using var client = await _guest.ConnectToAgentPortAsync();
        var ping = client.AskAsync("guest-ping");

        await using var agent = await _guest.StartAgentOnPortAsync();

        await ping;
    }

    [GuestFact]
    public async Task A_client_that_left_in_the_middle_of_a_request_costs_the_next_one_nothing()
    {
        await using var agent = await _guest.StartAgentOnPortAsync();
        using (var first = await _guest.ConnectToAgentPortAsync())
        {
            await first.AskAsync("guest-ping");
            await first.SendAsync("""{"execute":"guest-file-open","arguments":{"path":"/tmp/never""");
        }

        using var second = await _guest.ConnectToAgentPortAsync();
        await second.SyncAsync(20261122);

        Assert.Empty(await second.AskAsync("guest-ping"));
    }

    [GuestFact]
    public async Task A_client_that_left_without_reading_a_large_answer_costs_the_next_one_nothing()
    {
        await using var agent = await _guest.StartAgentOnPortAsync();
        using (var first = await _guest.ConnectToAgentPortAsync())
        {
            var handle = await first.AskAsync("guest-file-open", new JObject { ["path"] = "/dev/zero" });
            await first.SendAsync(
                """{"execute":"guest-file-read","arguments":{"count":4194304,"handle":""" + handle + "}}\n");
            await first.ReadByteAsync();                        // the answer is on its way, and far from through
        }

        using var second = await _guest.ConnectToAgentPortAsync();
        await second.SyncAsync(20261122);

        await second.AskAsync("guest-ping");
    }

    [GuestFact]
    public async Task Clients_that_come_and_go_are_all_answered()
    {
        await using var agent = await _guest.StartAgentOnPortAsync();
        for (var id = 1; id <= 50; id++)
        {
            using var client = await _guest.ConnectToAgentPortAsync();
            await client.SyncAsync(id);
        }
    }

    [GuestFact]
    public async Task Thirty_megabytes_arrive_in_a_file_and_come_back()
    {
        var content = Content.Of(30 * 1024 * 1024);
        await using var agent = await _guest.StartAgentOnPortAsync();
        using var client = await _guest.ConnectToAgentPortAsync();

        await client.WriteFileAsync("/tmp/thirty", content, chunk: 1024 * 1024);
        var inGuest = await _guest.OutputOfAsync("sha256sum /tmp/thirty");
        var back = await client.ReadFileAsync("/tmp/thirty", chunk: 1024 * 1024);
        await _guest.OutputOfAsync("rm /tmp/thirty");

        Assert.StartsWith(Convert.ToHexStringLower(SHA256.HashData(content)), inGuest);
        Assert.True(content.AsSpan().SequenceEqual(back), $"{back.Length} bytes came back, not the {content.Length} that were written");
    }

    [GuestFact]
    public async Task A_port_that_is_unplugged_ends_the_agent_with_status_0()
    {
        await using var agent = await _guest.StartAgentOnPortAsync();
        await agent.WaitForOpenAsync(Port);

        await _guest.UnplugAgentPortAsync();
        try
        {
            Assert.Equal(0, await agent.WaitForExitAsync());
        }
        finally
        {
            await _guest.PlugAgentPortAsync();
        }
    }

    [GuestFact]
    public async Task With_retry_path_the_agent_comes_back_with_the_port()
    {
        await using var agent = await _guest.StartAgentOnPortAsync("--retry-path");
        using (var before = await _guest.ConnectToAgentPortAsync())
            await before.AskAsync("guest-ping");

        for (var round = 1; round <= 2; round++)
        {
            await _guest.UnplugAgentPortAsync();
            await _guest.PlugAgentPortAsync();

            using var after = await _guest.ConnectToAgentPortAsync();
            await after.AskAsync("guest-ping");
        }

        await _guest.OutputOfAsync($"kill -0 {agent.Pid}");     // the same process all the time
    }

    [GuestFact]
    public async Task With_retry_path_the_agent_waits_for_a_port_that_comes_later()
    {
        await using var agent = await StartWithoutPortAsync();

        using var client = await _guest.ConnectToAgentPortAsync();
        await client.AskAsync("guest-ping");
    }

    [GuestFact]
    public async Task An_idle_agent_without_a_host_does_not_spin()
    {
        await using var agent = await _guest.StartAgentOnPortAsync();
        using (var client = await _guest.ConnectToAgentPortAsync())
            await client.AskAsync("guest-ping");

        // Two samples, ten seconds apart, of clock ticks spent and of sleeps that ended.
        var samples = await _guest.OutputOfAsync(
            $$"""
              sample() {
                  set -- $(sed 's/.*) //' /proc/{{agent.Pid}}/stat)
                  echo "${12} ${13} $(cat /proc/{{agent.Pid}}/task/*/status | awk '/^voluntary/ { sum += $2 } END { print sum }')"
              }
              sleep 2; sample; sleep 10; sample
              """);
        var (before, after) = samples.Split('\n') switch
        {
            [var first, var second] => (Numbers(first), Numbers(second)),
            _ => throw new InvalidOperationException(samples),
        };
        var ticks = after[0] + after[1] - before[0] - before[1];
        var sleeps = after[2] - before[2];
        output.WriteLine($"in 10 s: {ticks} clock ticks, {sleeps} context switches");

        // A poll every 100 ms would be 100 switches. A sleeping runtime may retire a thread.
        Assert.InRange(ticks, 0, 2);
        Assert.InRange(sleeps, -10, 10);

        using var late = await _guest.ConnectToAgentPortAsync();
        await late.AskAsync("guest-ping");
    }

    [GuestFact]
    public async Task Start_up_and_memory_are_reported()
    {
        using var client = await _guest.ConnectToAgentPortAsync();
        var ping = client.AskAsync("guest-ping");
        var started = Stopwatch.GetTimestamp();
        await using var agent = await _guest.StartAgentOnPortAsync();
        await ping;
        var elapsed = Stopwatch.GetElapsedTime(started);

        var pss = await _guest.OutputOfAsync($"awk '/^Pss:/ {{ print $2 }}' /proc/{agent.Pid}/smaps_rollup");
        Assert.NotEqual("0", pss);
        output.WriteLine($"under emulation: {elapsed.TotalMilliseconds:F0} ms from the start to the first answer, PSS {pss} kB");
    }

    private async Task<GuestAgent> StartWithoutPortAsync()
    {
        await _guest.UnplugAgentPortAsync();
        try
        {
            var agent = await _guest.StartAgentOnPortAsync("--retry-path");
            await agent.WaitForLogAsync("error opening channel");
            return agent;
        }
        finally
        {
            await _guest.PlugAgentPortAsync();
        }
    }

    private static long[] Numbers(string line) => [.. line.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
}
