using System.Diagnostics;
using Qga.Testing;

namespace Qga.Bench.Soak;

/// <summary>
/// The agent under a load of everything at once, for as long as is asked for: whether an answer is ever wrong, and whether it uses
/// more the longer it runs.
/// </summary>
internal sealed class SoakRun(TimeSpan duration, CancellationToken interrupted)
{
    private const int Clients = 8;
    private const int Volumes = 4;

    /// <summary>How many ended programs the agent remembers: until it remembers so many, it must grow.</summary>
    private const int RememberedPrograms = 4096;

    private static readonly TimeSpan SamplePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(15);

    private readonly FreezeClock _clock = new();
    private readonly SoakTally _tally = new();
    private readonly List<SoakSample> _samples = [];
    private readonly List<string> _failures = [];
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(interrupted);

    /// <returns>The exit code.</returns>
    internal int Run()
    {
        using var lab = new FreezeLab();
        for (var number = 1; number <= Volumes; number++)
            lab.Mount("ext4", $"/mnt/{number}");
        foreach (var file in new[] { "/etc/passwd", "/etc/group", "/etc/os-release" }.Where(File.Exists))
            lab.Copy(file, file);
        lab.Run("mkdir -p /root/.ssh && echo 'ssh-ed25519 AAAA soak' > /root/.ssh/authorized_keys");

        using var agent = FreezeLabAgent.Start(lab, "-t", "/run", "-l", "/mnt/1/agent.log");
        var (before, after) = Load(lab, agent);
        if (agent.HasExited)
            _failures.Add($"the agent has ended: {agent.Output}");
        if (interrupted.IsCancellationRequested)
            _failures.Add("it was interrupted");

        Console.WriteLine(
            $"{_tally.Requests} requests on {_tally.Connections} connections, {_tally.Programs} programs, {_clock.Freezes} freezes with "
            + $"{_tally.Refusals} refusals, in {_samples.LastOrDefault()?.Time ?? 0:0} s");
        Console.WriteLine();
        new SoakReport(_samples, before, after, _failures).Write();
        foreach (var failure in _failures)
            Console.Error.WriteLine($"FAILED: {failure}");
        return _failures.Count == 0 ? 0 : 1;
    }

    /// <returns>What the agent uses without clients, before and after; null if it did not come to that.</returns>
    private (SoakSample? Before, SoakSample? After) Load(FreezeLab lab, FreezeLabAgent agent)
    {
        SoakInventory? inventory = null;
        Guarded("the first inventory", () =>
        {
            using var connection = new SoakConnection(agent, _clock, _tally);
            inventory = new SoakInventory(connection, lab.Volumes.Select(volume => volume.MountPoint));
        });
        if (inventory is null)
            return (null, null);
        foreach (var refused in inventory.Refused)
            Console.WriteLine($"not to be had here: {refused}");

        Console.WriteLine($"- warm-up: everything once, and {RememberedPrograms} programs");
        var freezer = new SoakFreezer(lab, agent, _clock, _tally);
        WithClients(agent, inventory, client =>
        {
            client.WarmUp();
            while (!_stopping.IsCancellationRequested && _tally.Programs < RememberedPrograms)
                client.RunPrograms(16);
        });
        Guarded("a freeze", freezer.Cycle);
        var before = AtRest(agent);

        Console.WriteLine($"- load: {Clients} clients for {duration.TotalMinutes:0.#} minutes");
        using var load = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        load.CancelAfter(duration);
        var beside = new[] { Beside("a sample", () => Sample(agent, load.Token)), Beside("a freeze", () => freezer.Run(load.Token)) };
        WithClients(agent, inventory, client =>
        {
            while (!load.IsCancellationRequested)
                client.Act();
        });
        Array.ForEach(beside, thread => thread.Join());
        return (before, AtRest(agent));
    }

    private void WithClients(FreezeLabAgent agent, SoakInventory inventory, Action<SoakClient> act)
    {
        var threads = Enumerable.Range(0, Clients).Select(number => Beside($"client {number}", () =>
        {
            using var client = new SoakClient(agent, _clock, _tally, inventory, number, $"/mnt/{number % Volumes + 1}");
            act(client);
        })).ToArray();
        Array.ForEach(threads, thread => thread.Join());
    }

    private void Sample(FreezeLabAgent agent, CancellationToken stopping)
    {
        var watch = Stopwatch.StartNew();
        do
            _samples.Add(SoakSample.Of(agent.Pid, watch.Elapsed.TotalSeconds, _tally.Requests));
        while (!stopping.WaitHandle.WaitOne(SamplePause));
    }

    private SoakSample? AtRest(FreezeLabAgent agent)
    {
        SoakSample? sample = null;
        if (!_stopping.IsCancellationRequested)
        {
            Thread.Sleep(Rest);
            Guarded("the agent at rest", () => sample = SoakSample.Of(agent.Pid, 0, _tally.Requests));
        }

        return sample;
    }

    private Thread Beside(string what, Action act)
    {
        var thread = new Thread(() => Guarded(what, act));
        thread.Start();
        return thread;
    }

    /// <summary>The first failure ends the run: what follows from it is told as well.</summary>
    private void Guarded(string what, Action act)
    {
        try
        {
            act();
        }
        catch (Exception failure)
        {
            lock (_failures)
                _failures.Add($"{what}: {failure.GetType().Name}: {failure.Message}");
            _stopping.Cancel();
        }
    }
}
