using System.Globalization;
using Qga.Testing;

namespace Qga.Host.Tests.Limits;

/// <summary>Limits whose signals would end the agent are errors of what meets them, and hold for programs as ever.</summary>
public sealed class FileSizeLimitTests
{
    private const int Xcpu = 24;
    private const int Xfsz = 25;

    /// <summary>In blocks of 512 bytes.</summary>
    private static readonly string[] Limited = ["sh", "-c", "ulimit -f 8 && exec \"$@\"", "sh"];

    [Fact]
    public void Write_beyond_the_limit_is_an_error_of_that_write()
    {
        using var agent = PublishedAgent.StartBy(Limited);
        using var client = agent.Connect();
        var handle = (long)Qmp.Return(client.Ask(Qmp.Open(agent.PathOf("file"), "w")));

        Assert.Equal("failed to write to file: File too large", Qmp.Error(client.Ask(Qmp.Write(handle, new byte[300_000]))));

        Qmp.Return(client.Ask(Qmp.Close(handle)));
        Assert.Equal(4096, new FileInfo(agent.PathOf("file")).Length);
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
    }

    [Fact]
    public void Log_that_may_not_grow_loses_lines_and_nothing_else()
    {
        using var scratch = new ScratchDirectory();
        using var agent = PublishedAgent.StartBy(Limited, "-v", "-l", scratch.PathOf("log"));
        using var client = agent.Connect();
        for (var request = 0; request < 200; request++)
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));

        Eventually.True(() => new FileInfo(scratch.PathOf("log")).Length == 4096);
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
    }

    [ToolFact("kill")]
    public void Signals_of_limits_do_not_end_the_agent_and_do_end_its_programs()
    {
        using var agent = new PublishedAgent();
        using var client = agent.Connect();
        foreach (var signal in new[] { Xcpu, Xfsz })
            Assert.Equal(0, ProcessRun.Of("kill", [$"-{signal}", $"{agent.Pid}"]).ExitCode);
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));

        var ignored = client.RunShell("sed -n 's/^SigIgn:\\t//p' /proc/self/status").Trim();
        Assert.Equal(0UL, ulong.Parse(ignored, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
