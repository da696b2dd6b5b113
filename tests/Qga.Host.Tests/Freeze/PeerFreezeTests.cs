using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Wire;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>The real qemu-ga and ours, one after the other on the same filesystems: same answers, same filesystems frozen, same traces.</summary>
public sealed class PeerFreezeTests(FreezeLabFixture fixture) : IClassFixture<FreezeLabFixture>
{
    private const string Status = "guest-fsfreeze-status";
    private const string Freeze = "guest-fsfreeze-freeze";
    private const string FreezeList = "guest-fsfreeze-freeze-list";
    private const string Thaw = "guest-fsfreeze-thaw";

    private static readonly string[] Ours = [.. ProcessRun.Of(PublishedAgent.Executable, ["-b", "help"]).Output.Split(
        '\n', StringSplitOptions.RemoveEmptyEntries)];

    private FreezeLab Lab => fixture.Lab;

    [FreezeLabFact(NeedsPeer = true)]
    public void Everything_is_frozen_and_thawed()
    {
        var record = AssertSame("", [], session =>
        {
            session.Ask(Status);
            session.Ask(Thaw);
            session.Ask(Freeze);
            session.Ask(Status);
            session.Ask(Thaw);
            session.Ask(Status);
            session.Ask(Thaw);
            session.Ask(Freeze);
            session.Ask(Thaw);
        });

        Assert.Contains("frozen: /mnt/ext4 /mnt/xfs /mnt/btrfs /mnt/readonly /mnt/ext4/inner", record);
        Assert.Contains(
            "marker: UserRead, UserWrite", record.Select(
                line => line.Replace("UserWrite, UserRead", "UserRead, UserWrite", StringComparison.Ordinal)));
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Frozen_agent_refuses_the_same_commands_and_says_so() => AssertSame("", ["-b", "guest-ping,guest-file-read"], session =>
    {
        session.Ask("guest-ping");
        session.Ask("guest-info");
        session.Ask(Freeze);
        session.Ask("guest-info");

        // An agent that was not frozen after all must do nothing to this machine.
        foreach (var command in Ours.Where(command => command != Thaw && !Acts(command)))
            session.Ask(command);

        session.Ask("guest-sync", """{"id":1}""");
        session.Ask("guest-sync-delimited", """{"id":2}""");
        session.Ask(FreezeList, """{"mountpoints":1}""");
        session.Ask("nonsense");
        session.Ask(Status);
        session.Ask(Thaw);
        session.Ask("guest-info");
        session.Ask("guest-ping");
        session.Ask("guest-file-read", """{"handle":1}""");
    }, hasTraces: false);

    [FreezeLabFact(NeedsPeer = true)]
    public void Frozen_agent_can_be_thawed_whatever_it_allows() => AssertSame("", ["-a", $"{Freeze},guest-ping"], session =>
    {
        session.Ask(Status);
        session.Ask(Freeze);
        session.Ask(Status);
        session.Ask(Thaw);
        session.Ask(Thaw);
    });

    [FreezeLabFact(NeedsPeer = true)]
    public void Blocked_freeze_is_refused() => AssertSame("", ["-b", $"{Freeze},{FreezeList}"], session =>
    {
        session.Ask(Freeze);
        session.Ask(FreezeList, """{"mountpoints":["/mnt/xfs"]}""");
        session.Ask(Thaw);
    });

    [FreezeLabFact(NeedsPeer = true)]
    public void List_names_what_is_frozen() => AssertSame("", [], session =>
    {
        string[] lists =
        [
            "[]", """["/mnt/xfs"]""", """["/mnt/xfs","/mnt/btrfs"]""", """["/mnt/btrfs","/mnt/xfs"]""", """["/mnt/xfs","/mnt/xfs"]""",
            """["/mnt/xfs/"]""", """["/mnt//xfs"]""", """["/mnt/xf"]""", """["/mnt/xfs","/nowhere",""]""", """["/nowhere"]""", """[""]""",
            """["/mnt/bound"]""", """["/mnt/overlay"]""", """["/mnt/squashfs"]""", """["/mnt/squashfs","/mnt/xfs"]""", """["/"]""", """["/proc"]""",
            """["/mnt/readonly"]""", """["/mnt/ext4/inner"]""", """["/mnt/ext4/inner","/mnt/ext4"]""", """["/mnt/ext4","/mnt/ext4/inner"]""",
            """["\/mnt\/xfs"]""", """["/mnt/xfs\u0000"]""", """["xfs"]""", """["/dev/loop0"]""",
        ];
        foreach (var list in lists)
        {
            session.Ask(FreezeList, $$"""{"mountpoints":{{list}}}""");
            session.Ask(Status);
            session.Ask(Thaw);
        }

        session.Ask(FreezeList);
        session.Ask(Thaw);
    });

    [FreezeLabFact(NeedsPeer = true)]
    public void Arguments_are_checked_before_anything_is_done() => AssertSame("", [$"-F{FreezeSession.Hook}"], session =>
    {
        foreach (var list in new[] { "null", "1", "true", "\"/mnt/xfs\"", "{}", "[1]", "[null]", "[[]]", "[\"/mnt/xfs\",1]", "[\"/mnt/xfs\",\"/mnt/xfs\",{}]" })
            session.Ask(FreezeList, $$"""{"mountpoints":{{list}}}""");
        session.Ask(FreezeList, """{"mountpoint":[]}""");
        session.Ask(Freeze, """{"mountpoints":[]}""");
        session.Ask(Thaw, """{"force":true}""");
        session.Ask(Status, """{"verbose":1}""");
        foreach (var minimum in new[] { "null", "\"1\"", "1.5", "true", "[]", "9223372036854775808" })
            session.Ask("guest-fstrim", $$"""{"minimum":{{minimum}}}""");
        session.Ask("guest-fstrim", """{"maximum":1}""");
    });

    [FreezeLabFact(NeedsPeer = true)]
    public void Filesystem_that_is_frozen_already_is_not_counted_but_thawed() => AssertSame("", [], session =>
    {
        Volume("/mnt/xfs").Freeze();
        session.Ask(Freeze);
        session.Ask(Thaw);

        foreach (var volume in FreezableVolumes.Reverse())
            volume.Freeze();
        session.Ask(Freeze);
        session.Ask(Status);
        session.Ask(Thaw);

        Volume("/mnt/btrfs").Freeze();
        session.Ask(FreezeList, """{"mountpoints":["/mnt/xfs"]}""");
        session.Ask(Thaw);

        session.Ask(Freeze);
        Volume("/mnt/xfs").Thaw();
        session.Ask(Status);
        session.Ask(Thaw);
    });

    [FreezeLabFact(NeedsPeer = true)]
    public void Mount_point_that_can_not_be_opened_fails_the_freeze_that_names_it()
    {
        Lab.Mount("ext4", "/mnt/hidden/below");
        Lab.Run("mount -t tmpfs cover /mnt/hidden");
        try
        {
            var record = AssertSame("", [$"-F{FreezeSession.Hook}"], session =>
            {
                session.Ask(FreezeList, """{"mountpoints":["/mnt/xfs","/mnt/hidden/below"]}""");
                session.Ask(Status);
                session.Ask(FreezeList, """{"mountpoints":["/mnt/xfs"]}""");
                session.Ask(Thaw);
            }, isSameError: SaysThatItCanNotBeOpened, hasLog: false);
            Assert.Equal("failed to open /mnt/hidden/below: No such file or directory", Text(record[1]));
        }
        finally
        {
            Lab.Unmount("/mnt/hidden");
            Lab.Unmount("/mnt/hidden/below");
        }

        static bool SaysThatItCanNotBeOpened(string theirs, string ours) => new[] { theirs, ours }.All(
            answer => Text(answer)?.StartsWith("failed to open /mnt/hidden/below: ", StringComparison.Ordinal) == true);
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Filesystem_that_can_not_be_frozen_fails_the_freeze()
    {
        Lab.Mount("ext4", "/mnt/broken").ShutDown();
        try
        {
            var record = AssertSame("", [$"-F{FreezeSession.Hook}"], session =>
            {
                session.Ask(Freeze);
                session.Ask(Status);
                session.Ask(Thaw);
            }, isSameError: StartsWithTheirs);
            Assert.Contains("failed to freeze /mnt/broken: ", record[1], StringComparison.Ordinal);
        }
        finally
        {
            Lab.Unmount("/mnt/broken");
        }
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Hook_runs_before_and_after()
    {
        var record = AssertSame("cat; tty; echo no harm", [$"-F{FreezeSession.Hook}"], session =>
        {
            session.Ask(Thaw);
            session.Ask(Freeze);
            session.Ask(Freeze);
            session.Ask(Thaw);
            session.Ask(FreezeList, """{"mountpoints":[]}""");
            session.Ask(FreezeList, """{"mountpoints":["/mnt/squashfs"]}""");
            session.Ask(Thaw);
        });

        Assert.Contains("hooks: 1 thaw\n1 freeze\n1 thaw\n", record);
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Hook_that_fails_before_fails_the_freeze()
    {
        string[] hooks =
        [
            "exit 3", "echo out; exit 1", "echo error >&2; exit 255", "printf 'no newline'; exit 1", "printf 'a\\0b'; exit 1",
            "printf '\\351'; exit 1",
            "echo text\necho more\nexit 1",
        ];
        foreach (var hook in hooks)
        {
            AssertSame($"[ $1 = thaw ] || {{\n{hook}\n}}", [$"-F{FreezeSession.Hook}"], session =>
            {
                session.Ask(Freeze);
                session.Ask(Status);
                session.Ask(Thaw);
            });
        }
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Hook_that_is_killed_fails_the_freeze()
    {
        foreach (var hook in new[] { "kill -9 $$", "echo text; kill -15 $$" })
        {
            // Ours calls it once more, to undo what it could not.
            AssertSame($"[ $1 = thaw ] || {{\n{hook}\n}}", [$"-F{FreezeSession.Hook}"], session =>
            {
                session.Ask(Freeze);
                session.Ask(Status);
                session.Ask(Thaw);
            }, hasTraces: false);
        }
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Hook_that_can_not_be_run_fails_the_freeze()
    {
        foreach (var hook in new[] { "/nonexistent", "/proc/version", "/state", "/dev/null/x" })
        {
            AssertSame("", [$"-F{hook}"], session =>
            {
                session.Ask(Freeze);
                session.Ask(Status);
                session.Ask(Thaw);
            }, isSameError: StartsWithTheirs);
        }
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Hook_that_fails_after_does_not_keep_anything_frozen() => AssertSame("[ $1 = freeze ] || { echo late; exit 2; }", [$"-F{FreezeSession.Hook}"], session =>
    {
        session.Ask(Thaw);
        session.Ask(Freeze);
        session.Ask(Thaw);
        session.Ask(Status);
    });

    [FreezeLabFact(NeedsPeer = true)]
    public void Marker_that_can_not_be_written_is_only_a_warning() => AssertSame("", [], session =>
    {
        Lab.Run($"mkdir {FreezeSession.StateDirectory}/qga.state.isfrozen");
        session.Ask(Freeze);
        session.Ask(Thaw);
        Lab.Run($"rmdir {FreezeSession.StateDirectory}/qga.state.isfrozen; mount -o remount,ro {FreezeSession.StateDirectory}");
        session.Ask(Freeze);
        session.Ask(Status);
        session.Ask(Thaw);
        Lab.Run($"mount -o remount,rw {FreezeSession.StateDirectory}");
        session.Ask(Freeze);
        Lab.Run($"mount -o remount,ro {FreezeSession.StateDirectory}");
        session.Ask(Thaw);
        session.Ask(Status);
        Lab.Run($"mount -o remount,rw {FreezeSession.StateDirectory} && rm {FreezeSession.StateDirectory}/*frozen && mount -o remount,nr_inodes=2 {FreezeSession.StateDirectory}");
        session.Ask(Freeze);
        session.Ask(Status);
        session.Ask(Thaw);
        Lab.Run($"umount -l {FreezeSession.StateDirectory} && rmdir {FreezeSession.StateDirectory}");
        session.Ask(Freeze);
        session.Ask(Status);
        session.Ask(Thaw);
    });

    [FreezeLabFact(NeedsPeer = true)]
    public void Trim_reports_on_the_same_mount_points() => AssertSame("", [], session =>
    {
        session.Ask("guest-fstrim");
        session.Ask("guest-fstrim", """{"minimum":1048576}""");
        session.Ask("guest-fstrim", """{"minimum":-1}""");
    }, isSameError: IsSameButForTheSizes);

    [FreezeLabFact(NeedsPeer = true)]
    public void Agent_that_starts_frozen_comes_out_of_it()
    {
        var record = AssertSame("", [$"-F{FreezeSession.Hook}"], session =>
        {
            session.Ask(Status);
            session.Ask("guest-info");
            session.Ask(Freeze);
            session.Ask("guest-file-open", """{"path":"/run/f","mode":"w"}""");
            session.Ask(Thaw);
            session.Ask(Status);
            session.Ask("guest-file-open", """{"path":"/run/f","mode":"w"}""");
        }, before: () =>
        {
            File.WriteAllText(Lab.PathOf($"{FreezeSession.StateDirectory}/qga.state.isfrozen"), "");
            Volume("/mnt/xfs").Freeze();
        });

        Assert.Equal("""{"return": "frozen"}""", record[1]);
    }

    private IEnumerable<FreezeLabVolume> FreezableVolumes => Lab.Volumes.Where(volume => volume.CanBeFrozen);

    private FreezeLabVolume Volume(string mountPoint) => Lab.Volumes.Single(volume => volume.MountPoint == mountPoint);

    /// <summary>A failure of ours may say more, as what was undone.</summary>
    private static bool StartsWithTheirs(string theirs, string ours) => Text(theirs) is { } expected && Text(ours) is { } actual
        && actual.StartsWith(expected, StringComparison.Ordinal);

    private static string? Text(string answer) => answer.StartsWith('{') ? (string?)JObject.Parse(answer)["error"]?["desc"] : null;

    private static bool IsSameButForTheSizes(string theirs, string ours)
    {
        return theirs.StartsWith('{') && ours.StartsWith('{') && JToken.DeepEquals(WithoutSizes(theirs), WithoutSizes(ours));

        static JToken WithoutSizes(string answer)
        {
            var json = JObject.Parse(answer);
            foreach (var path in json.SelectTokens("$.return.paths[*]").OfType<JObject>().Where(path => path.ContainsKey("trimmed")))
                path["trimmed"] = 0;
            return json;
        }
    }

    /// <summary>Runs the steps with either agent and asserts that the records agree.</summary>
    /// <returns>The real qemu-ga's.</returns>
    private List<string> AssertSame(
        string hook,
        string[] options,
        Action<FreezeSession> steps,
        Action? before = null,
        Func<string, string, bool>? isSameError = null,
        bool hasTraces = true,
        bool hasLog = true)
    {
        var theirs = Play((lab, all) => FreezeLabAgent.StartPeer(lab, all));
        var ours = Play((lab, all) => FreezeLabAgent.Start(lab, all));

        for (var line = 0; line < Math.Max(theirs.Count, ours.Count); line++)
        {
            var (expected, actual) = (theirs.ElementAtOrDefault(line) ?? "", ours.ElementAtOrDefault(line) ?? "");
            if (!Answer.IsSame(expected, actual) && isSameError?.Invoke(expected, actual) != true)
                Assert.Equal(string.Join('\n', [.. theirs[..line], expected]), string.Join('\n', [.. theirs[..line], actual]));
        }

        return theirs;

        List<string> Play(Func<FreezeLab, string[], FreezeLabAgent> start)
        {
            FreezeSession.Prepare(Lab, hook);
            before?.Invoke();
            using var session = new FreezeSession(Lab, start, options);
            steps(session);
            if (hasTraces)
                session.AddLogs();
            return session.Record.FindAll(line =>
                (hasTraces || !line.StartsWith("hooks: ", StringComparison.Ordinal)) && (
                    hasLog || !line.StartsWith("log: ", StringComparison.Ordinal)));
        }
    }

    private static bool Acts(string command) =>
        command.StartsWith("guest-set-", StringComparison.Ordinal) || command.StartsWith("guest-suspend-", StringComparison.Ordinal)
        || command is "guest-shutdown";
}
