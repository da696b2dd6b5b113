using Qga.Platform.Diagnosis;
using Qga.Platform.Freeze.Guardian;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze.Guardian;

public sealed class GuardedStateTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>A user can start a setuid program of root's with any command line.</summary>
    [ToolFact("bash", "yes")]
    public void Process_that_has_only_the_name_of_a_guardian_is_none()
    {
        var marker = _scratch.PathOf("qga.state.isfrozen");
        using var impostor = new RunningProcess(
            "bash", ["-c", $"exec -a {GuardianSettings.ProgramName} yes '' '' {marker} /hook 60 > /dev/null"]);
        string[] commandLine = [GuardianSettings.ProgramName, "", "", marker, "/hook", "60"];
        Eventually.True(() => commandLine.SequenceEqual(ProcessTable.ArgumentsOf(impostor.Pid)));
        impostor.Send(Signal.Stop);
        Assert.NotNull(GuardianSettings.Parse(commandLine[1..]));

        Assert.DoesNotContain(GuardedState.All(), state => state.Directory == _scratch.Root);
    }
}
