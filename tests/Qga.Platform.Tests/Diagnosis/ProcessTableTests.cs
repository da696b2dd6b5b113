using Qga.Platform.Diagnosis;
using Qga.Testing;

namespace Qga.Platform.Tests.Diagnosis;

public sealed class ProcessTableTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Process_is_known_by_its_name_and_what_it_has_open()
    {
        var file = _scratch.Write("open", "");
        using var process = new RunningProcess("tail", ["-f", file]);
        process.AwaitOpen(file);

        var found = Assert.Single(ProcessTable.Others(), other => other.Id == process.Pid);
        Assert.Equal(("tail", "tail"), (found.Name, found.Command));
        Assert.True(found.HasOpen(file));
        Assert.False(found.HasOpen(_scratch.Root));
        Assert.Equal(["tail", "-f", file], ProcessTable.ArgumentsOf(process.Pid));
    }

    [Fact]
    public void We_are_none_of_the_others() => Assert.DoesNotContain(ProcessTable.Others(), other => other.Id == Environment.ProcessId);

    [Fact]
    public void Process_that_is_not_there_has_no_arguments() => Assert.Empty(ProcessTable.ArgumentsOf(int.MaxValue));
}
