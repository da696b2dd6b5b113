using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Freeze;
using Qga.Testing;

namespace Qga.Host.Tests.Check;

/// <summary>What the published executable finds wrong with a guest, which is a lab.</summary>
public sealed class CheckTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private const string Program = "/agent/qemu-ga";

    [FreezeLabFact]
    public void Guest_without_an_agent_and_a_port_is_told_how_to_get_them()
    {
        Lab.Install(PublishedAgent.Executable, Program);

        var check = Check("-t", FreezeSession.StateDirectory);

        Assert.Equal(2, check.ExitCode);
        Assert.Contains(
            check.Findings, finding => finding is ("error", "agent", var text) && text.StartsWith("no agent runs", StringComparison.Ordinal));
        var (_, _, port) = Assert.Single(check.Findings, finding => finding is ("error", "channel", _));
        Assert.StartsWith("there is no port /dev/virtio-ports/org.qemu.guest_agent.0", port, StringComparison.Ordinal);
        Assert.Contains("-device virtserialport,chardev=qga0,name=org.qemu.guest_agent.0", port, StringComparison.Ordinal);
    }

    [FreezeLabFact]
    public void Each_filesystem_is_told_with_whether_it_can_be_frozen()
    {
        Lab.Install(PublishedAgent.Executable, Program);

        var findings = Check("-t", FreezeSession.StateDirectory).Findings.Where(finding => finding.Subject == "freeze").ToList();

        foreach (var volume in Lab.Volumes)
        {
            var (severity, _, text) = Assert.Single(findings, finding => finding.Text.StartsWith($"{volume.MountPoint} (", StringComparison.Ordinal));
            Assert.Equal(volume is { IsWritable: true, CanBeFrozen: false } ? "warning" : "ok", severity);
            Assert.Contains(
                volume is { IsWritable: false } ? "is read-only" : volume.CanBeFrozen ? "can be frozen" : "can't be frozen", text,
                StringComparison.Ordinal);
        }
    }

    [FreezeLabFact]
    public void Filesystem_that_is_excluded_is_no_worry()
    {
        var agent = Start("fsfreeze-exclude=vfat\naudit=file\naudit-file=/run/audit/audit.jsonl");

        // Without options the check takes those of the agent that runs.
        var check = Check();

        Assert.DoesNotContain(check.Findings, finding => finding.Severity == "error");
        Assert.DoesNotContain(check.Findings, finding => finding.Severity == "warning");
        Assert.Equal(0, check.ExitCode);
        Assert.Contains(("ok", "agent", $"agent {agent.OwnPid} answers"), check.Findings);
    }

    [FreezeLabFact]
    public void Frozen_guest_and_endless_freezes_are_warned_of()
    {
        var agent = Start("fsfreeze-timeout=0");
        using var client = agent.Connect();
        client.Ask(Qmp.Freeze);

        var check = Check();

        Assert.Equal(1, check.ExitCode);
        Assert.Contains(
            check.Findings, finding => finding is ("warning", "agent", var text) && text.StartsWith(
                "the guest is frozen since", StringComparison.Ordinal));
        Assert.Contains(
            check.Findings, finding => finding is ("warning", "freeze", var text) && text.StartsWith(
                "fsfreeze-timeout is 0", StringComparison.Ordinal));
    }

    [FreezeLabTheory]
    [InlineData("chmod 755 /run/hook", "ok", "/run/hook can run")]
    [InlineData("chmod 644 /run/hook", "error", "/run/hook is not executable: every freeze is refused")]
    [InlineData("chmod 757 /run/hook", "error", "/run/hook must not run as root: /run/hook is writable by group or others (mode 0757)")]
    [InlineData("chown 65534 /run/hook", "error", "/run/hook must not run as root: /run/hook belongs to user 65534")]
    [InlineData("rm /run/hook; mkdir /run/hook", "error", "/run/hook is a directory: every freeze is refused")]
    [InlineData("ln -sf /dev/null /run/hook", "ok", "/run/hook leads to /dev/null: no hook runs")]
    [InlineData("rm /run/hook", "error", "/run/hook does not exist: every freeze is refused")]
    public void Hook_has_to_be_a_program_of_root_alone(string change, string severity, string text)
    {
        WriteHook("");
        Start("", $"-F{Hook}");
        Lab.Run($"chown 0 {Hook}; {change}");
        try
        {
            Assert.Contains((severity, "hook", text), Check().Findings);
        }
        finally
        {
            Lab.Run($"rm -rf {Hook}");
        }
    }

    [FreezeLabFact]
    public void Members_of_the_dispatcher_are_looked_at_too()
    {
        WriteHook("");
        Lab.Run($"mkdir -p {Hook}.d && cd {Hook}.d && echo > plain && echo > sample.sample && echo > open && chmod 755 open && chmod 777 open");
        try
        {
            Start("", $"-F{Hook}");

            var findings = Check().Findings;
            Assert.Contains(("warning", "hook", $"{Hook}.d/plain is not executable: it is passed over"), findings);
            Assert.Contains(
                findings, finding => finding is ("error", "hook", var text) && text.StartsWith(
                    $"{Hook}.d/open must not run", StringComparison.Ordinal));
            Assert.DoesNotContain(findings, finding => finding.Text.Contains("sample", StringComparison.Ordinal));

            Assert.Contains($"\"programs\":[\"{Hook}.d/open\"]", Lab.Run($"{Program} status --json"), StringComparison.Ordinal);
        }
        finally
        {
            Lab.Run($"rm -r {Hook}.d");
        }
    }

    [FreezeLabFact]
    public void State_on_a_filesystem_that_is_frozen_is_warned_of()
    {
        Lab.Install(PublishedAgent.Executable, Program);
        Lab.Run("mkdir -p /mnt/ext4/state");

        Assert.Contains(
            Check("-t", "/mnt/ext4/state").Findings,
            finding => finding is ("warning", "state", var text) && text.StartsWith("/mnt/ext4/state is on /mnt/ext4, ", StringComparison.Ordinal));
        Assert.Contains(Check("-t", "/missing").Findings, finding => finding is ("error", "state", _));
    }

    [FreezeLabFact]
    public void Second_agent_and_a_foreign_one_are_errors()
    {
        var first = Start("");
        var second = FreezeLabAgent.Start(Lab, "-t", "/run");
        using (second)
        {
            Assert.Contains(
                Check("-t", FreezeSession.StateDirectory).Findings,
                finding => finding is ("error", "agent", var text) && text.StartsWith("several agents run", StringComparison.Ordinal));
            second.Send(Signal.Terminate);
            second.WaitForExit();
        }

        Lab.Install("sleep", "/bin/qemu-ga");
        using var foreign = Lab.Start("/bin/qemu-ga", "1000");
        Eventually.True(() => Check().Findings.Any(finding => finding is ("error", "agent", var text)
            && text.StartsWith($"another agent runs: process {ProcessStatus.OwnPid(foreign.Pid)} (qemu-ga)", StringComparison.Ordinal)));
        first.Send(Signal.Terminate);
    }

    [FreezeLabFact]
    public void Broken_configuration_is_an_error_and_an_unknown_key_a_warning()
    {
        Lab.Install(PublishedAgent.Executable, Program);
        Lab.Run("printf '[general]\\nverbos=true\\n' > /etc/odd.conf; chmod 644 /etc/odd.conf; printf '[general\\n' > /etc/broken.conf; chmod 644 /etc/broken.conf");

        Assert.Contains(
            ("warning", "configuration", "ignoring unknown key verbos of group [general] in /etc/odd.conf"), Check("-c", "/etc/odd.conf").Findings);
        Assert.Contains(
            Check("-c", "/etc/broken.conf").Findings,
            finding => finding is ("error", "configuration", var text) && text.StartsWith(
                "error loading configuration from path: /etc/broken.conf", StringComparison.Ordinal));

        // What the command line says is looked at all the same.
        Assert.Contains(
            Check("-c", "/etc/broken.conf", "-F/etc/absent").Findings,
            finding => finding is ("error", "hook", var text) && text.Contains("/etc/absent", StringComparison.Ordinal));
    }

    [FreezeLabFact]
    public void Commands_are_counted_by_the_lists_of_the_agent_that_runs()
    {
        Start("", "--allow-rpcs=guest-ping,guest-info");

        Assert.Contains(("ok", "commands", "2 of 43 commands are allowed"), Check().Findings);
    }

    [FreezeLabFact]
    public void List_that_names_no_command_is_an_error_wherever_it_was_given()
    {
        Start("[general]\nblock-rpcs=guest-flie-open", "-b", "guest-exce", "guest-file-open");

        var (status, findings) = Check();

        Assert.Equal(2, status);
        Assert.Equal(
            [
                "block-rpcs of [general] in /etc/qemu-ga.conf names guest-flie-open, which is no command",
                "ignoring operand \"guest-file-open\", which belongs to no option",
                "option --block-rpcs names guest-exce, which is no command",
            ],
            findings.Where(finding => finding is ("error", "configuration", _)).Select(finding => finding.Text));
        Assert.Contains(
            ("ok", "commands", "43 of 43 commands are allowed: allow-rpcs is empty, which allows all but those of block-rpcs"), findings);
    }

    private (int ExitCode, IReadOnlyList<(string Severity, string Subject, string Text)> Findings) Check(params string[] options)
    {
        var answer = Lab.Run($"{Program} check --json {string.Join(' ', options)}; echo $?").TrimEnd('\n').Split('\n');
        var findings = JObject.Parse(answer[0])["findings"]!;
        return (
            int.Parse(answer[1], System.Globalization.CultureInfo.InvariantCulture),
            [.. findings.Select(finding => ((string)finding["severity"]!, (string)finding["subject"]!, (string)finding["text"]!))]);
    }
}
