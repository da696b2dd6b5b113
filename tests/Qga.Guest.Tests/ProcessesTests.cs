using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>Programs that the host runs in a real guest, over the port.</summary>
[Collection(nameof(SharedGuest))]
public sealed class ProcessesTests(SharedGuest shared)
{
    private readonly GuestMachine _guest = shared.Machine;

    [GuestFact]
    public async Task Program_runs_in_the_guest_and_its_end_can_be_asked_for_again()
    {
        await using var agent = await _guest.StartAgentOnPortAsync();
        using var client = await _guest.ConnectToAgentPortAsync();

        var pid = await StartAsync(client, "hostname; cat; echo error >&2; exit 3", "hello");
        var end = await EndOfAsync(client, pid);

        Assert.Equal(3, end["exitcode"]);
        Assert.Equal("qga-guest\nhello", Text(end["out-data"]));
        Assert.Equal("error\n", Text(end["err-data"]));
        Assert.Equal(end.ToString(), (await EndOfAsync(client, pid)).ToString());
    }

    [GuestFact]
    public async Task Process_that_is_killed_tells_the_signal_and_leaves_nothing()
    {
        await using var agent = await _guest.StartAgentOnPortAsync();
        using var client = await _guest.ConnectToAgentPortAsync();

        var pid = await StartAsync(client, "exec sleep 1000");
        await _guest.OutputOfAsync($"kill -9 {pid}");
        var end = await EndOfAsync(client, pid);

        Assert.Equal(9, end["signal"]);
        Assert.Null(end["exitcode"]);
        await _guest.OutputOfAsync($"[ ! -d /proc/{pid} ]");
    }

    [GuestFact]
    public async Task Program_is_as_ready_to_be_ended_as_any_other_when_memory_runs_out()
    {
        await using var agent = await GuestAgent.StartAsync(
            _guest, """sh -c 'echo -500 > /proc/self/oom_score_adj; exec "$@"' sh""", [.. GuestMachine.OnAgentPort]);
        using var client = await _guest.ConnectToAgentPortAsync();
        Assert.Equal("-500", await _guest.OutputOfAsync($"cat /proc/{agent.Pid}/oom_score_adj"));

        var end = await EndOfAsync(client, await StartAsync(client, "cat /proc/self/oom_score_adj"));

        Assert.Equal("0\n", Text(end["out-data"]));
    }

    [GuestFact]
    public async Task Process_outlives_the_agent()
    {
        int pid;
        await using (var agent = await _guest.StartAgentOnPortAsync())
        {
            using var client = await _guest.ConnectToAgentPortAsync();
            pid = await StartAsync(client, "exec sleep 1000");
            await agent.KillAsync();
        }

        await _guest.OutputOfAsync($"grep -q sleep /proc/{pid}/comm && kill {pid}");
    }

    private static async Task<int> StartAsync(GuestClient client, string script, string input = "") => (int)(await client.AskAsync(
        "guest-exec",
        new JObject
        {
            ["path"] = "sh",
            ["arg"] = new JArray("-c", script),
            ["input-data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(input)),
            ["capture-output"] = true,
        }))["pid"]!;

    private static async Task<JToken> EndOfAsync(GuestClient client, int pid)
    {
        while (true)
        {
            var status = await client.AskAsync("guest-exec-status", new JObject { ["pid"] = pid });
            if ((bool)status["exited"]!)
                return status;
        }
    }

    private static string Text(JToken? base64) => Encoding.UTF8.GetString(Convert.FromBase64String((string?)base64 ?? ""));
}
