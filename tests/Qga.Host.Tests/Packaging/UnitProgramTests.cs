using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>The programs that the units call, with a systemctl that tells what it is told to tell.</summary>
public sealed class UnitProgramTests : IDisposable
{
    private const string Unit = "qemu-guest-agent.service";

    private readonly ScratchDirectory _scratch = new();

    public UnitProgramTests() => _scratch.WriteProgram("bin/qga", "#!/bin/sh\necho \"$*\"\n");

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("restart")]
    [InlineData("start")]
    [InlineData("reload")]
    public void Freeze_is_kept_for_the_agent_that_comes_next(string job)
    {
        Systemctl($"echo '17 {Unit} {job} running'");

        Assert.Equal("", AfterStop());
    }

    [Fact]
    public void Freeze_is_kept_after_a_crash() => KeptWith("exit 0");

    [Fact]
    public void Stop_of_another_unit_is_not_ours() => KeptWith("echo '18 other.service stop running'");

    [Fact]
    public void Stop_thaws_the_guest()
    {
        Systemctl($"echo '17 {Unit} stop running'");

        Assert.Equal("thaw\n", AfterStop());
    }

    [Fact]
    public void Guest_is_thawed_if_systemd_does_not_say_why_the_agent_ended()
    {
        Systemctl("echo 'Failed to connect to bus' >&2; exit 1");

        Assert.Equal("thaw\n", AfterStop());
    }

    [Theory]
    [InlineData("64")]
    [InlineData("78")]
    public void Guest_is_thawed_if_no_other_agent_can_start(string status)
    {
        Systemctl($"echo '17 {Unit} restart running'");

        Assert.Equal("thaw\n", RunIn(new() { ["EXIT_STATUS"] = status }, "after-stop", Unit).Output);
    }

    [Fact]
    public void Options_of_the_agent_are_those_of_the_thaw()
    {
        Systemctl($"echo '17 {Unit} stop running'");

        Assert.Equal("thaw -t /var/lib/elsewhere\n", AfterStop("-t", "/var/lib/elsewhere"));
    }

    [Fact]
    public void Name_with_an_escape_is_known_as_it_is()
    {
        const string Escaped = @"qemu-guest-agent-isa@serial-by\x2did-1.service";
        Systemctl($"[ $1 = list-jobs ] && printf '%s\\n' '17 {Escaped} stop running'");

        Assert.Equal("thaw\n", Run("after-stop", Escaped).Output);

        Systemctl($"printf '%s\\n' '{Escaped} loaded active running Itself'");
        Assert.Equal(0, Run("only-agent", Escaped).ExitCode);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("qemu-guest-agent-vsock@1.service loaded activating start Me", 0)]
    [InlineData("qemu-guest-agent-vsock@0.service loaded active running Another", 1)]
    [InlineData("qemu-guest-agent-vsock@2.service loaded active running Another", 1)]
    [InlineData("qemu-guest-agent-vsock@2.service loaded inactive dead Another", 0)]
    [InlineData("qemu-guest-agent-vsock@2.service loaded failed failed Another", 0)]
    [InlineData("qemu-guest-agent-vsock@0.service loaded activating start Another", 1)]
    [InlineData("qemu-guest-agent-vsock@2.service loaded activating start Another", 0)]
    public void One_agent_runs_in_a_guest(string others, int exitCode)
    {
        Systemctl($"echo '{others}'");

        var run = Run("only-agent", "qemu-guest-agent-vsock@1.service");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal(exitCode != 0, run.Error.Contains(others.Split(' ')[0] + " runs already", StringComparison.Ordinal));
    }

    [Fact]
    public void Agent_starts_if_systemd_does_not_tell_of_others()
    {
        Systemctl("exit 1");

        Assert.Equal(0, Run("only-agent", Unit).ExitCode);
    }

    private void KeptWith(string answer)
    {
        Systemctl(answer);
        Assert.Equal("", AfterStop());
    }

    private void Systemctl(string body) => _scratch.WriteProgram("bin/systemctl", $"#!/bin/sh\n{body}\n");

    /// <returns>What qga was called with, or nothing.</returns>
    private string AfterStop(params string[] options)
    {
        var run = Run("after-stop", [Unit, .. options]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return run.Output;
    }

    private ProcessRun Run(string program, params string[] arguments) => RunIn([], program, arguments);

    private ProcessRun RunIn(Dictionary<string, string?> environment, string program, params string[] arguments) => ProcessRun.Of(
        Repository.PathOf($"packaging/lib/{program}"),
        arguments,
        new Dictionary<string, string?>(environment) { ["PATH"] = $"{_scratch.PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}" });
}
