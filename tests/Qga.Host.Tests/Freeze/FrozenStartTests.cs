using Qga.Host.CommandLine;
using Qga.Host.Freeze;
using Qga.Platform.Freeze.Guardian;
using Qga.Platform.State;

namespace Qga.Host.Tests.Freeze;

public sealed class FrozenStartTests
{
    private static readonly GuardedState Other = new("/run/other", "/hooks/other", TimeSpan.FromSeconds(1));
    private static readonly GuardedState Default = new(StateDirectory.Default, "/hooks/default", TimeSpan.FromSeconds(2));

    [Fact]
    public void Guardian_of_the_default_directory_comes_before_any_other() => AssertTaken(Default, StateDirectory.Default, Other, Default);

    [Fact]
    public void Any_guardian_will_do_where_no_directory_is_named() => AssertTaken(Other, StateDirectory.Default, Other);

    [Fact]
    public void Directory_that_is_named_has_its_own_guardian_or_none()
    {
        AssertTaken(Other, Other.Directory, Default, Other);
        AssertTaken(null, "/run/third", Default, Other);
    }

    private static void AssertTaken(GuardedState? expected, string directory, params GuardedState[] guarded)
    {
        var given = new AgentOptions { StateDirectory = directory };
        var options = FrozenStart.With(new StartupDecision.Serve(given, []), guarded).Options;

        Assert.Equal(
            expected is null ? (directory, null, given.FsFreezeHookTimeout) : (expected.Directory, expected.Hook, expected.HookLimit),
            (options.StateDirectory, options.FsFreezeHook, options.FsFreezeHookTimeout));
    }
}
