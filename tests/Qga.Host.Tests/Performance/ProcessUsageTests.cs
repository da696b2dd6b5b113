using System.Diagnostics;
using Qga.Testing;

namespace Qga.Host.Tests.Performance;

/// <summary>What <c>make bench</c> counts as the cost of a request.</summary>
public sealed class ProcessUsageTests : IDisposable
{
    /// <summary>Tens of milliseconds of work for any shell on any processor.</summary>
    private const string Work = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(15);

    private Process? _shell;

    [Theory]
    [InlineData(Work)]
    [InlineData($"sh -c '{Work}; :'")]
    [InlineData($"sh -c '{Work}; echo done; read line'")]
    public void Processor_time_is_that_of_the_process_of_those_it_has_waited_for_and_of_those_that_are_there(string work)
    {
        var shell = Start($"echo ready; read line; {work}; echo done; read line");
        var before = ProcessUsage.Of(shell.Id);
        var idle = ProcessUsage.Of(shell.Id).Since(before);
        shell.StandardInput.WriteLine();
        Assert.Equal("done", shell.StandardOutput.ReadLine());

        var processor = ProcessUsage.Of(shell.Id).Since(before).Processor;

        Assert.InRange(processor, Least, TimeSpan.MaxValue);
        Assert.InRange(idle.Processor, TimeSpan.Zero, processor - Least);
    }

    [Fact]
    public void Wait_is_a_voluntary_switch()
    {
        var shell = Start("echo ready; read line; echo done; read line");
        var before = ProcessUsage.Of(shell.Id);
        shell.StandardInput.WriteLine();
        Assert.Equal("done", shell.StandardOutput.ReadLine());

        Eventually.True(() => ProcessUsage.Of(shell.Id).Since(before).Voluntary > 0, "it waits for the second line");
    }

    public void Dispose()
    {
        _shell?.Kill(entireProcessTree: true);
        _shell?.WaitForExit();
        _shell?.Dispose();
    }

    private Process Start(string script)
    {
        _shell = Process.Start(new ProcessStartInfo("sh", ["-c", script])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("ready", _shell.StandardOutput.ReadLine());
        return _shell;
    }
}
