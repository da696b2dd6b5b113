using Qga.Platform.Proc;

namespace Qga.Platform.Tests.Proc;

public sealed class ControlGroupTests
{
    [Fact]
    public void Every_hierarchy_is_a_line()
    {
        var groups = ControlGroup.Parse("12:pids:/user.slice\n1:name=openrc:/a:b\n0::/\nnonsense\n");

        Assert.Equal([new("pids", "/user.slice"), new("name=openrc", "/a:b"), new("", "/")], groups);
        Assert.Equal([false, true, true], groups.Select(group => group.KeepsTogether));
    }

    [Fact]
    public void Process_that_is_not_there_is_in_none() => Assert.Empty(ControlGroup.Of(int.MaxValue));
}
