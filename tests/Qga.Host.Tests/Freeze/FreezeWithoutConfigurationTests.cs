using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>
/// The guest is frozen, its agent is gone, and what was configured can't be used any more: the way out of the freeze is open
/// nevertheless.
/// </summary>
public sealed class FreezeWithoutConfigurationTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private const string Configuration = "/etc/qemu-ga.conf";

    public static TheoryData<string> Faults { get; } =
    [
        "echo nonsense >> FILE",
        "printf '[qga]\\nfsfreeze-timeout=soon\\n' >> FILE",
        "chmod 664 FILE",
        "chown 1000 FILE",
        "rm FILE",
        "rm FILE && mkdir FILE",
        "rm FILE && mkfifo FILE",
        "rm FILE && ln -s FILE FILE",
    ];

    [FreezeLabTheory]
    [MemberData(nameof(Faults))]
    public void Thaw_goes_on_without_the_file(string fault)
    {
        FreezeAndDie(fault);

        var run = Lab.Run($"/agent/qemu-ga thaw -c {Configuration}");

        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", run);
        Assert.Equal("freeze request\nthaw exit\n", TextOf(HookLog));
        AssertAtRest();
    }

    [FreezeLabTheory]
    [MemberData(nameof(Faults))]
    public void Next_agent_serves_the_freeze_and_no_more(string fault)
    {
        var agent = FreezeAndDie(fault);

        using var next = agent.Restart();
        using var client = next.Connect();

        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        Assert.Contains("has been disabled", client.Ask("""{"execute":"guest-get-osinfo"}"""), StringComparison.Ordinal);
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        Assert.Equal("freeze request\nthaw request\n", TextOf(HookLog));
        AssertAtRest();
    }

    [FreezeLabTheory]
    [InlineData("-V")]
    [InlineData("--dump-conf")]
    [InlineData("-b", "help")]
    public void Question_starts_no_agent(params string[] question)
    {
        FreezeAndDie("chmod 664 FILE");

        var answer = Lab.Run($"/agent/qemu-ga -c {Configuration} -t {FreezeSession.StateDirectory} {string.Join(' ', question)} 2>&1; echo $?");

        Assert.EndsWith("\n78\n", answer, StringComparison.Ordinal);
        Lab.Run($"/agent/qemu-ga thaw -c {Configuration}");
    }

    [FreezeLabFact]
    public void File_that_can_be_used_again_is_taken_up_at_the_thaw()
    {
        var agent = FreezeAndDie($"cp -p FILE /run/good; chmod 664 FILE");
        using var next = agent.Restart();
        using var client = next.Connect();
        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        Lab.Run($"rm {Configuration}; cp -p /run/good {Configuration}; chmod 600 {Configuration}");

        client.Ask(Qmp.Thaw);

        Eventually.True(() => client.Ask("""{"execute":"guest-get-osinfo"}""").Contains("return", StringComparison.Ordinal));
        Assert.Contains("has been disabled", client.Ask("""{"execute":"guest-get-time"}"""), StringComparison.Ordinal);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_finds_the_guardian_by_itself()
    {
        FreezeAndDie("true");

        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", Lab.Run("/agent/qemu-ga thaw"));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_needs_no_working_directory()
    {
        FreezeAndDie("true");

        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", Lab.Run("mkdir /run/gone; cd /run/gone; rmdir /run/gone; exec /agent/qemu-ga thaw"));
        Assert.Equal("freeze request\nthaw exit\n", TextOf(HookLog));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Broken_file_still_ends_an_agent_of_a_guest_that_is_not_frozen()
    {
        var agent = Start("");
        agent.Send(Signal.Terminate);
        agent.WaitForExit();
        Lab.Run($"chmod 664 {Configuration}");

        using var process = Lab.Start("/agent/qemu-ga", "-c", Configuration, "-t", FreezeSession.StateDirectory);

        Assert.Equal(78, process.WaitForExit());
    }

    /// <summary>
    /// Freezes with an agent whose state directory and hook its configuration names; kills it, and does something to the file.
    /// </summary>
    private FreezeLabAgent FreezeAndDie(string fault)
    {
        WriteHook("");
        var file = Lab.PathOf(Configuration);
        Lab.Run($"rm -rf {Configuration}");
        File.WriteAllText(
            file,
            $"[general]\nstatedir={FreezeSession.StateDirectory}\nfsfreeze-hook={Hook}\nblock-rpcs=guest-get-time\n[qga]\nfsfreeze-timeout=600\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var agent = StartWith("-c", Configuration, "-l", Log);
        using (var client = agent.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        agent.Send(Signal.Kill);
        agent.WaitForExit();
        Lab.Run(fault.Replace("FILE", Configuration, StringComparison.Ordinal));
        return agent;
    }
}
