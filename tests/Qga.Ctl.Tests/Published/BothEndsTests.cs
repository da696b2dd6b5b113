using Qga.Testing;

namespace Qga.Ctl.Tests.Published;

/// <summary>What a newcomer sees by <c>make run</c>.</summary>
public class BothEndsTests
{
    [Fact]
    public void Agent_and_tool_are_shown_talking()
    {
        using var shown = new RunningProcess(Repository.PathOf("tests/run-agent"), [PublishedAgent.Executable, PublishedTool.Executable]);
        shown.AwaitOutput("Ctrl-C ends it.");
        Assert.Contains($"  Host name    {Environment.MachineName}", shown.Output, StringComparison.Ordinal);
        Assert.Contains("\nLinux ", shown.Output, StringComparison.Ordinal);
        shown.Send(Signal.Terminate);
        Assert.Equal(0, shown.WaitForExit());
    }
}
