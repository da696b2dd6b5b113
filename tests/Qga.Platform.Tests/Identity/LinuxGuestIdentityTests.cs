using Qga.Platform.Identity;
using Qga.Platform.Native;
using Qga.Testing;
using static Qga.Platform.Tests.Identity.UtmpFile;

namespace Qga.Platform.Tests.Identity;

public sealed class LinuxGuestIdentityTests : IDisposable
{
    private const string Session = "UID=1000\nUSER=joe\nACTIVE=1\nSTATE=active\nTYPE=tty\nCLASS=user\nREALTIME=1700000000250000\nMONOTONIC=5\n";

    private readonly ScratchDirectory _root = new();
    private readonly LinuxGuestIdentity _guest;

    public LinuxGuestIdentityTests() => _guest = new LinuxGuestIdentity(_root.Root, osRelease: null);

    [Fact]
    public void Each_user_has_the_earliest_login_in_the_order_of_the_records()
    {
        Write(
            "run/utmp",
            Record("reboot", 5, type: BootTime),
            Record("joe", 1_700_000_000, 250_000),
            Record("ann", 1_600_000_000),
            Record("gone", 1_600_000_000, type: DeadProcess),
            Record("joe", 1_690_000_000, 123_456),
            Record("ann", 1_700_000_001));

        Assert.Equal([new("joe", 1_690_000_000.123456), new("ann", 1_600_000_000)], _guest.Users);
    }

    [Fact]
    public void Names_are_what_bytes_they_are_and_times_go_on_after_2038()
    {
        Write("run/utmp", Record(new string('x', 32), 1), Record("\xFF\xFE", 2), Record("", 3), Record("late", uint.MaxValue, 999_999));

        Assert.Equal([new(new string('x', 32), 1), new("\uDCFF\uDCFE", 2), new("", 3), new("late", 4_294_967_295.999999)], _guest.Users);
    }

    [Fact]
    public void File_cut_anywhere_gives_its_whole_records()
    {
        byte[] whole = [.. Record("joe", 1), .. Record("ann", 2)];
        for (var length = 0; length <= whole.Length; length++)
        {
            Write("run/utmp", whole[..length]);
            Assert.Equal(length / ArchitectureNumbers.Own.LoginRecordSize, _guest.Users.Count);
        }
    }

    /// <summary>How many there are decides nothing: 24 of the longer records are as long as 25 of the shorter ones.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(24)]
    [InlineData(25)]
    [InlineData(1200)]
    public void Records_are_those_of_the_library_that_wrote_them(int count)
    {
        Write("run/utmp", [.. Enumerable.Range(1, count).Select(number => RecordOfMusl($"user{number}", (uint)number, 250_000))]);
        Assert.Equal(Enumerable.Range(1, count).Select(number => new LoggedInUser($"user{number}", number + 0.25)), _guest.Users);

        Write("run/utmp", [.. Enumerable.Range(1, count).Select(number => Record($"user{number}", (uint)number, 250_000))]);
        Assert.Equal(Enumerable.Range(1, count).Select(number => new LoggedInUser($"user{number}", number + 0.25)), _guest.Users);
    }

    [Theory]
    [InlineData("var/run/utmp")]
    [InlineData("run/utmps/utmp")]
    public void Utmp_is_found_at_its_other_places_too(string path)
    {
        Write(path, Record("joe", 1));

        Assert.Equal([new("joe", 1)], _guest.Users);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Logind_is_asked_where_nobody_keeps_utmp(bool isLeftOver)
    {
        if (isLeftOver)
            Write("run/utmp");
        Write("run/systemd/sessions/5", Session.Replace("joe", "ann"));
        Write("run/systemd/sessions/c2", Session);
        Write("run/systemd/sessions/7", Session.Replace("1700000000250000", "1600000000000001"));

        Assert.Equal([new("joe", 1_600_000_000.000001), new("ann", 1_700_000_000.25)], _guest.Users);
    }

    [Fact]
    public void Logind_is_asked_where_utmp_tells_of_no_user()
    {
        Write(
            "run/utmp", Record("reboot", 5, type: BootTime), Record("runlevel", 6, type: 1), Record("LOGIN", 7, type: 6),
            Record("gone", 8, type: DeadProcess));
        Write("run/systemd/sessions/1", Session);

        Assert.Equal([new("joe", 1_700_000_000.25)], _guest.Users);
    }

    [Fact]
    public void Logind_is_not_asked_where_utmp_tells_of_a_user()
    {
        Write("run/utmp", Record("reboot", 5, type: BootTime), Record("ann", 6));
        Write("run/systemd/sessions/1", Session);

        Assert.Equal([new("ann", 6)], _guest.Users);
    }

    [Theory]
    [InlineData("CLASS=user", "CLASS=user-early", 1)]
    [InlineData("CLASS=user", "CLASS=user-light", 1)]
    [InlineData("CLASS=user", "CLASS=greeter", 0)]
    [InlineData("CLASS=user", "CLASS=lock-screen", 0)]
    [InlineData("CLASS=user", "CLASS=manager", 0)]
    [InlineData("CLASS=user", "CLASS=background", 0)]
    [InlineData("CLASS=user", "", 0)]
    [InlineData("STATE=active", "STATE=online", 1)]
    [InlineData("STATE=active", "STATE=closing", 0)]
    [InlineData("USER=joe", "USER=", 0)]
    [InlineData("USER=joe", "", 0)]
    [InlineData("REALTIME=1700000000250000", "REALTIME=soon", 0)]
    [InlineData("REALTIME=1700000000250000", "REALTIME=18446744073709551615", 1)]
    [InlineData("REALTIME=1700000000250000", "REALTIME=18446744073709551616", 0)]
    [InlineData("REALTIME=1700000000250000", "", 0)]
    public void Only_sessions_of_users_that_are_there_count(string from, string to, int count)
    {
        Write("run/systemd/sessions/1", Session.Replace(from, to));

        Assert.Equal(count, _guest.Users.Count);
    }

    [Fact]
    public void Sessions_that_are_half_written_or_no_files_are_left_out()
    {
        Write("run/systemd/sessions/1", Session);
        Write("run/systemd/sessions/.#2x7f", Session.Replace("joe", "temporary"));
        Write("run/systemd/sessions/3", "");
        Write("run/systemd/sessions/4", "\0\xFF=\nUSER");
        Directory.CreateDirectory(_root.PathOf("run/systemd/sessions/5"));
        ProcessRun.Of("mkfifo", [_root.PathOf("run/systemd/sessions/1.ref")]);

        Assert.Equal([new("joe", 1_700_000_000.25)], _guest.Users);
    }

    [Fact]
    public void Nobody_is_logged_in_where_nothing_tells() => Assert.Empty(_guest.Users);

    [Fact]
    public void Utmp_that_can_not_be_read_is_named()
    {
        Directory.CreateDirectory(_root.PathOf("run/utmp"));

        Assert.Equal("failed to read /run/utmp: Is a directory", Assert.Throws<SystemCallException>(() => _guest.Users).Message);
    }

    [Fact]
    public void Fields_of_the_distribution_come_from_etc_before_usr()
    {
        Write("usr/lib/os-release", "ID=vendor\nVARIANT=v\n");
        Assert.Equal("vendor", _guest.OperatingSystem.Id);

        Write("etc/os-release", "ID=a\nNAME=b\nPRETTY_NAME=c\nVERSION=d\nVERSION_ID=e\nVARIANT_ID=f\n");
        var system = _guest.OperatingSystem;
        Assert.Equal(
            ("a", "b", "c", "d", "e", null, "f"),
            (system.Id, system.Name, system.PrettyName, system.Version, system.VersionId, system.Variant, system.VariantId));
    }

    [Fact]
    public void Distribution_that_is_unknown_leaves_the_kernel()
    {
        var system = new LinuxGuestIdentity(_root.Root, osRelease: _root.Root).OperatingSystem;

        Assert.Equal(
            (null, ProcessRun.Of("uname", ["-r"]).Output.Trim(), ProcessRun.Of("uname", ["-v"]).Output.Trim(), ProcessRun.Of("uname", ["-m"]).Output.Trim()),
            (system.Id, system.KernelRelease, system.KernelVersion, system.Machine));
    }

    [Fact]
    public void File_that_is_named_is_the_only_one()
    {
        Write("etc/os-release", "ID=a\n");

        Assert.Equal("b", new LinuxGuestIdentity(_root.Root, _root.Write("other", "ID=b\n")).OperatingSystem.Id);
        Assert.Null(new LinuxGuestIdentity(_root.Root, _root.PathOf("missing")).OperatingSystem.Id);
    }

    [Fact]
    public void Host_name_is_the_kernels() => Assert.Equal(ProcessRun.Of("uname", ["-n"]).Output.Trim(), _guest.HostName);

    public void Dispose() => _root.Dispose();

    private void Write(string path, params byte[][] records)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root.PathOf(path))!);
        File.WriteAllBytes(_root.PathOf(path), [.. records.SelectMany(record => record)]);
    }

    private void Write(string path, string text) => Write(path, System.Text.Encoding.Latin1.GetBytes(text));
}
