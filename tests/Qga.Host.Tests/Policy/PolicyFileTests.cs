using Qga.Testing;

namespace Qga.Host.Tests.Policy;

/// <summary>Which files rules let a host open, however it names them.</summary>
public sealed class PolicyFileTests
{
    private const string Handles = "allow guest-file-read,guest-file-write,guest-file-close\n";

    [Fact]
    public void Path_is_where_it_leads()
    {
        using var lab = new PolicyLab($"allow guest-file-open path=ROOT/open/**\n{Handles}");
        File.CreateSymbolicLink(lab.PathOf("open/link"), "../shut/secret");
        File.CreateSymbolicLink(lab.PathOf("open/door"), lab.PathOf("shut"));
        File.CreateSymbolicLink(lab.PathOf("in"), "open");
        Assert.Equal(0, ProcessRun.Of("ln", [lab.PathOf("shut/secret"), lab.PathOf("open/hard")]).ExitCode);

        string[] tricks =
        [
            "shut/secret", "open/link", "open/door/secret", "open/../shut/secret", "open/./../open/link", "open/hard", "open/file/", "open/door/../secret",
            $"/proc/self/root{lab.Root}/shut/secret", $"/proc/self/cwd/../..{lab.Root}/shut/secret", $"//{lab.Root}//shut//secret", "in/link",
            "open", "shut/missing", "open/door/missing", "OPEN/file", "", "/proc/self/fd/0", $"/proc/{Environment.ProcessId}/root{lab.Root}/shut/secret",
        ];
        Assert.All(tricks, trick => Assert.True(PolicyLab.IsRefused(lab.Open(trick)), trick));
        Assert.All(
            (string[])["open/file", "in/file", "open/../open/./file", $"/proc/self/root{lab.Root}/open/file"], path => Assert.Equal("open", lab.Read(path)));
        Assert.EndsWith("No such file or directory", Qmp.Error(lab.Open("open/missing")), StringComparison.Ordinal);
        Assert.Equal("refused by the guest's policy (no rule holds, 10-lab.rules:1 is the last)", Qmp.Error(lab.Open("open/link")));
    }

    [Fact]
    public void File_that_is_denied_is_so_by_every_name()
    {
        using var lab = new PolicyLab("deny guest-file-open path=ROOT/shut/secret\nallow *");
        File.CreateSymbolicLink(lab.PathOf("open/link"), "../shut/secret");
        Assert.Equal(0, ProcessRun.Of("ln", [lab.PathOf("shut/secret"), lab.PathOf("open/hard")]).ExitCode);

        Assert.All(
            (string[])["shut/secret", "open/link", "open/hard", "shut/../shut/secret", $"/proc/self/root{lab.Root}/shut/secret"],
            path => Assert.Equal("refused by the guest's policy (10-lab.rules:1)", Qmp.Error(lab.Open(path))));
        Assert.Equal("open", lab.Read("open/file"));
    }

    [Fact]
    public void Glob_that_denies_holds_for_a_file_that_may_be_something_else()
    {
        using var lab = new PolicyLab("deny guest-file-open path=ROOT/shut/**\nallow *");
        Assert.Equal(0, ProcessRun.Of("ln", [lab.PathOf("shut/secret"), lab.PathOf("open/hard")]).ExitCode);

        Assert.Equal("refused by the guest's policy (10-lab.rules:1)", Qmp.Error(lab.Open("open/hard")));
        Assert.Equal("open", lab.Read("open/file"));
    }

    [Fact]
    public void Size_of_what_is_written_is_the_most_that_it_can_be()
    {
        using var lab = new PolicyLab("allow guest-file-open,guest-file-close\nallow guest-file-write size<=10");
        var handle = (long)Qmp.Return(lab.Open("open/file", "w"));
        var text = string.Concat(Enumerable.Repeat("QUJD", 100)) + string.Concat(Enumerable.Repeat("====", 400));

        Assert.True(PolicyLab.IsRefused(lab.Ask(Qmp.Request("guest-file-write", ("handle", handle), ("buf-b64", text)))));
        Qmp.Return(lab.Ask(Qmp.Close(handle)));
        Assert.Equal("", File.ReadAllText(lab.PathOf("open/file")));
    }

    [Fact]
    public void Nothing_happens_to_a_file_that_is_refused()
    {
        using var lab = new PolicyLab($"allow guest-file-open path=ROOT/open/**\n{Handles}");
        Assert.Equal(0, ProcessRun.Of("mkfifo", [lab.PathOf("shut/fifo")]).ExitCode);

        foreach (var mode in (string[])["r", "w", "a", "r+", "w+", "a+", "wb", "w+b"])
        {
            Assert.All((string[])["shut/secret", "shut/new", "shut/fifo"], path => Assert.True(PolicyLab.IsRefused(lab.Open(path, mode)), $"{path} {mode}"));
        }

        Assert.Equal("secret", File.ReadAllText(lab.PathOf("shut/secret")));
        Assert.False(File.Exists(lab.PathOf("shut/new")));
    }

    [Fact]
    public void File_is_made_in_the_directory_that_was_decided_of()
    {
        using var lab = new PolicyLab($"allow guest-file-open path=ROOT/open/**\n{Handles}");
        File.CreateSymbolicLink(lab.PathOf("in"), "open");
        File.CreateSymbolicLink(lab.PathOf("open/dangling"), "../shut/new");

        var handle = (long)Qmp.Return(lab.Open("in/new", "w"));
        Qmp.Return(lab.Ask(Qmp.Write(handle, "made"u8)));
        Qmp.Return(lab.Ask(Qmp.Close(handle)));
        Assert.Equal("made", File.ReadAllText(lab.PathOf("open/new")));
        Assert.Equal(Convert.ToInt32("644", 8), (int)File.GetUnixFileMode(lab.PathOf("open/new")));

        Assert.EndsWith("No such file or directory", Qmp.Error(lab.Open("open/dangling", "w")), StringComparison.Ordinal);
        Assert.False(File.Exists(lab.PathOf("shut/new")));
        Assert.EndsWith("No such file or directory", Qmp.Error(lab.Open("open/no/new", "w")), StringComparison.Ordinal);
        Assert.Equal("made", lab.Read("open/new"));
        Qmp.Return(lab.Open("open/new", "w"));
        Assert.Equal("", File.ReadAllText(lab.PathOf("open/new")));
    }

    [Fact]
    public async Task Swap_between_look_and_use_changes_nothing()
    {
        const int Times = 10_000;
        using var lab = new PolicyLab($"allow guest-file-open path=ROOT/open/**\n{Handles}");
        Directory.CreateDirectory(lab.PathOf("shut/there"));
        File.WriteAllText(lab.PathOf("shut/there/file"), "secret");
        Directory.CreateDirectory(lab.PathOf("open/there"));
        File.WriteAllText(lab.PathOf("open/there/file"), "open");
        string[] names = ["open/swap", "open/place/file"];
        PolicyLab.Swap(lab.PathOf("open/swap"), lab.PathOf("open/file"));
        PolicyLab.Swap(lab.PathOf("open/place"), lab.PathOf("open/there"));
        using var over = new CancellationTokenSource();
        var swapper = Task.Run(() =>
        {
            for (var turn = 0; !over.IsCancellationRequested; turn++)
            {
                PolicyLab.Swap(lab.PathOf("open/swap"), lab.PathOf(turn % 2 == 0 ? "shut/secret" : "open/file"));
                PolicyLab.Swap(lab.PathOf("open/place"), lab.PathOf(turn % 2 == 0 ? "shut/there" : "open/there"));
            }
        });

        var (opened, refused) = (0, 0);
        for (var time = 0; time < Times || (time < 100 * Times && (opened == 0 || refused == 0)); time++)
        {
            var answer = lab.Open(names[time % 2]);
            if (PolicyLab.IsRefused(answer))
            {
                refused++;
                continue;
            }

            var handle = (long)Qmp.Return(answer);
            Assert.Equal("open"u8, Qmp.Data(lab.Ask(Qmp.Read(handle, 100))));
            Qmp.Return(lab.Ask(Qmp.Close(handle)));
            opened++;
        }

        await over.CancelAsync();
        await swapper;
        Assert.True(opened > 0 && refused > 0, $"{opened} opened, {refused} refused");
    }

    [ToolFact("unshare", "mount", NeedsRoot = true)]
    public void Bind_mount_is_no_way_around_a_rule_that_denies()
    {
        using var lab = new PolicyLab(
            "deny guest-file-open path=ROOT/shut/**\nallow *",
            "",
            "unshare", "--mount", "--propagation", "private", "sh", "-c", "mkdir ROOT/bind && mount --bind ROOT/shut ROOT/bind && exec \"$@\"", "sh");

        Assert.True(PolicyLab.IsRefused(lab.Open("bind/secret")));
        Assert.True(PolicyLab.IsRefused(lab.Open("shut/secret")));
        Assert.Equal("open", lab.Read("open/file"));
    }

    [ToolFact("unshare", "mount", NeedsRoot = true)]
    public void Path_of_another_tree_of_mounts_is_none()
    {
        using var lab = new PolicyLab($"allow guest-file-open path=ROOT/open/**\n{Handles}");
        using var other = new RunningProcess(
            "unshare",
            ["--mount", "--propagation", "private", "sh", "-c", $"mount -t tmpfs x {lab.PathOf("open")} && echo foreign > {lab.PathOf("open/file")} && echo ready && exec cat"]);
        other.AwaitOutput("ready");

        Assert.True(PolicyLab.IsRefused(lab.Open($"/proc/{other.Pid}/root{lab.PathOf("open/file")}")));
        Assert.Equal("open", lab.Read("open/file"));
    }

    [ToolFact(NeedsRoot = true)]
    public void File_is_opened_as_the_user_of_the_rule()
    {
        using var lab = new PolicyLab($"allow guest-file-open path=ROOT/open/** user=nobody\n{Handles}");
        File.SetUnixFileMode(lab.Root, (UnixFileMode)Convert.ToInt32("755", 8));
        File.WriteAllText(lab.PathOf("open/private"), "private");
        File.SetUnixFileMode(lab.PathOf("open/private"), UnixFileMode.UserRead);
        Directory.CreateDirectory(lab.PathOf("open/closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.WriteAllText(lab.PathOf("open/closed/file"), "closed");

        Assert.Equal("open", lab.Read("open/file"));
        Assert.EndsWith("Permission denied", Qmp.Error(lab.Open("open/private")), StringComparison.Ordinal);
        Assert.EndsWith("Permission denied", Qmp.Error(lab.Open("open/closed/file")), StringComparison.Ordinal);
        Assert.EndsWith("Permission denied", Qmp.Error(lab.Open("open/file", "a")), StringComparison.Ordinal);
        Assert.EndsWith("Permission denied", Qmp.Error(lab.Open("open/new", "w")), StringComparison.Ordinal);

        // By a descriptor that the agent has, one would get past the directory.
        File.SetUnixFileMode(lab.PathOf("open/closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        Qmp.Return(lab.Open("open/closed/file"));
        File.SetUnixFileMode(lab.PathOf("open/closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.All(
            Directory.EnumerateFileSystemEntries($"/proc/{lab.Agent.Pid}/fd").Where(fd => File.ResolveLinkTarget(fd, false)?.FullName == lab.PathOf("open/closed/file")),
            fd => Assert.EndsWith("Permission denied", Qmp.Error(lab.Open($"/proc/self/fd/{Path.GetFileName(fd)}")), StringComparison.Ordinal));

        File.SetUnixFileMode(lab.PathOf("open"), (UnixFileMode)Convert.ToInt32("777", 8));
        Qmp.Return(lab.Open("open/new", "w"));
        Assert.Equal("nobody\n", ProcessRun.Of("stat", ["-c", "%U", lab.PathOf("open/new")]).Output);
    }
}
