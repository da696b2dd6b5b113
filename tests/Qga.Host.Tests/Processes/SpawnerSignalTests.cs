using System.Globalization;
using Qga.Testing;

namespace Qga.Host.Tests.Processes;

/// <summary>The threads on which programs start have left the table of descriptors, and with it what the runtime's handlers need.</summary>
public sealed class SpawnerSignalTests
{
    [Theory]
    [InlineData(Signal.HangUp)]
    [InlineData(Signal.Continue)]
    public void Signal_that_reaches_such_a_thread_does_not_end_the_agent(Signal signal)
    {
        using var agent = new PublishedAgent();
        using var client = agent.Connect();
        GuestProgram.Shell(client, "exit 0");
        var threads = Threads(agent.Pid, "nursery").Concat(Threads(agent.Pid, "spawner")).ToList();
        Assert.True(threads.Count >= 2);
        foreach (var thread in threads)
            signal.SendToThread(agent.Pid, thread);
        for (var count = 0; count < 3; count++)
            Assert.Equal(0, GuestProgram.Shell(client, "exit 0")["exitcode"]);
    }

    private static IEnumerable<int> Threads(int process, string name) =>
        from directory in Directory.EnumerateDirectories($"/proc/{process}/task")
        where File.ReadAllText($"{directory}/comm").TrimEnd() == name
        select int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture);
}
