using System.Buffers.Binary;
using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Inventory;
using Qga.Testing;

namespace Qga.Host.Tests.Identity;

/// <summary>What the real qemu-ga and ours tell of the guest's names and users.</summary>
public sealed class PeerIdentityTests : IDisposable
{
    private const string GetOsInfo = """{"execute":"guest-get-osinfo"}""";
    private const string GetUsers = """{"execute":"guest-get-users"}""";

    private readonly ScratchDirectory _scratch = new();

    [PeerFact]
    public void Host_name_zone_users_and_system_of_this_machine_are_the_same()
    {
        using var agents = new AgentPair();

        agents.AssertSame("""{"execute":"guest-get-host-name"}""");
        agents.AssertSame("""{"execute":"guest-get-timezone"}""");
        agents.AssertSame(GetUsers);
        agents.AssertSame(GetOsInfo);
        agents.AssertSameError("""{"execute":"guest-get-osinfo","arguments":{"id":1}}""");
    }

    [PeerFact]
    public void Zone_of_the_environment_is_the_same()
    {
        string[] zones =
        [
            "", "UTC", "Europe/Berlin", ":Asia/Kolkata", "America/St_Johns", "America/New_York", "Australia/Lord_Howe",
            "/usr/share/zoneinfo/Asia/Tokyo",
            "CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30", "EST5",
        ];
        foreach (var zone in zones)
        {
            using var agents = new AgentPair("env", $"TZ={zone}");
            agents.AssertSame("""{"execute":"guest-get-timezone"}""");
        }
    }

    [PeerFact]
    public void Distribution_is_the_same_whatever_the_file_says()
    {
        string[] files =
        [
            "ID=debian\nNAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nVERSION=\"13 (trixie)\"\nVERSION_ID=\"13\"\n",
            "ID=fedora\nVARIANT=\"Server Edition\"\nVARIANT_ID=server\nLOGO=fedora-logo-icon\n",
            "NAME=plain", "NAME=\n", "NAME=\"\"\n", "NAME=\"\"x\n", "  NAME  =  blanks  \n", "NAME=a;b\n", "NAME=a # b\n", "NAME=a=b\n",
            "NAME=a\tb\n",
            "NAME=\"a\\$b\\`c\\\"d\\\\e\\nf\\'g\" tail\n", "NAME=\"\t tab\"\n", "NAME=$HOME\n", "NAME=a\\$b\n", "NAME=\\\n", "NAME=a\"b\"c\n",
            "NAME=1\nNAME=2\n", "# NAME=comment\n\nID=a\n", "NAME=a\r\nID=b\r\n", "NAME=\"ä€😀\"\n", "name=a\nNAME[de]=b\n", "export NAME=a\nID=b\n",
            "A B=a\nID=b\n",
            "\uFEFFNAME=a\nID=b\n", "",
        ];
        var path = _scratch.PathOf("os-release");
        using var agents = new AgentPair("env", $"QGA_OS_RELEASE={path}");

        agents.AssertSame(GetOsInfo);                   // there is no file yet
        foreach (var file in files)
        {
            File.WriteAllText(path, file);
            agents.AssertSame(GetOsInfo);
        }
    }

    /// <summary>The list in docs/differences.md: the real one gives nothing of such a file, or what is not in it.</summary>
    [PeerFact]
    public void Distribution_is_read_by_the_manual_where_qemu_ga_fails()
    {
        (string File, string? Peer, string Ours)[] files =
        [
            ("NAME='in single quotes'\n", "'in", "in single quotes"),
            ("NAME=\"no end\n", "no endd", "no end"),
            ("NAME=a\nno assignment\n", null, "a"),
            ("NAME=a\n=no key\n", null, "a"),
            ("[group]\nNAME=a\n", null, "a"),
            ("NAME=\"a\xFF\"\n", null, "a\uFFFD"),
        ];
        var path = _scratch.PathOf("os-release");
        using var agents = new AgentPair("env", $"QGA_OS_RELEASE={path}");
        foreach (var (file, peer, ours) in files)
        {
            File.WriteAllBytes(path, Encoding.Latin1.GetBytes(file));
            var (ofPeer, ofOurs) = agents.Ask(GetOsInfo);
            Assert.Equal((file, peer, ours), (file, (string?)ofPeer["name"], (string?)ofOurs["name"]));
        }
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Users_in_utmp_are_the_same()
    {
        var path = _scratch.PathOf("utmp");
        File.WriteAllBytes(path,
        [
            .. Record(2, "reboot", 5), .. Record(7, "joe", 1_700_000_000, 250_000), .. Record(7, "ann", 1_600_000_000), .. Record(8, "gone", 5),
            .. Record(7, "joe", 1_690_000_000, 123_456), .. Record(7, new string('x', 32), 6), .. Record(7, "late", uint.MaxValue, 999_999),
            .. Record(7, "", 1), .. Record(7, "\xFF\xFE", 2), .. Record(7, "half", 5)[..100],
        ]);

        // A /run of their own, in which this is the only file.
        using var agents = new AgentPair("unshare", "--mount", "sh", "-c", $"mount -t tmpfs run /run && cp {path} /run/utmp && exec \"$@\"", "sh");

        Assert.Equal(6, ((JArray)agents.AssertSame(GetUsers)).Count);
    }

    [ToolFact("unshare", NeedsRoot = true)]
    public void Users_of_logind_are_told_where_there_is_no_utmp()
    {
        var path = _scratch.Write("session", "USER=joe\nSTATE=active\nCLASS=user\nREALTIME=1700000000250000\n");
        using var agent = PublishedAgent.StartBy(
            ["unshare", "--mount", "sh", "-c", $"mount -t tmpfs run /run && mkdir -p /run/systemd/sessions && cp {path} /run/systemd/sessions/1 && exec \"$@\"", "sh"]);
        using var client = agent.Connect();

        Assert.Equal("""{"return": [{"user": "joe", "login-time": 1700000000.25}]}""", client.Ask(GetUsers));
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Users_of_logind_are_told_where_utmp_has_only_the_boot_and_terminals()
    {
        var utmp = _scratch.PathOf("utmp");
        File.WriteAllBytes(utmp, [.. Record(2, "reboot", 5), .. Record(1, "runlevel", 6), .. Record(6, "LOGIN", 7), .. Record(8, "gone", 8)]);
        Directory.CreateDirectory(_scratch.PathOf("sessions"));
        _scratch.Write("sessions/1", "UID=1000\nUSER=joe\nSTATE=active\nCLASS=user\nREALTIME=1700000000250000\n");
        _scratch.Write("sessions/2", "UID=1001\nUSER=ann\nSTATE=closing\nCLASS=user\nREALTIME=1700000000250000\n");
        _scratch.Write("sessions/c1", "UID=107\nUSER=gdm\nSTATE=active\nCLASS=greeter\nREALTIME=1700000000250000\n");
        _scratch.Write("sessions/c2", "UID=1000\nUSER=joe\nSTATE=active\nCLASS=manager\nREALTIME=1600000000250000\n");
        using var agents = new AgentPair(
            "unshare", "--mount", "sh", "-c",
            $"mount -t tmpfs run /run && mkdir /run/systemd && cp {utmp} /run/utmp && cp -r {_scratch.PathOf("sessions")} /run/systemd && exec \"$@\"", "sh");

        var (peer, ours) = agents.Ask(GetUsers);
        Assert.Empty(peer);
        Assert.Equal("""[{"user":"joe","login-time":1700000000.25}]""", ours.ToString(Newtonsoft.Json.Formatting.None));
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Zone_that_is_changed_while_the_agent_runs_is_the_same()
    {
        const string GetTimeZone = """{"execute":"guest-get-timezone"}""";
        var etc = Directory.CreateDirectory(_scratch.PathOf("etc")).FullName;
        var zone = Path.Combine(etc, "localtime");
        File.CreateSymbolicLink(zone, "/usr/share/zoneinfo/Asia/Tokyo");
        using var agents = new AgentPair("unshare", "--mount", "sh", "-c", $"mount --bind {etc} /etc && exec env -u TZ \"$@\"", "sh");

        Assert.Equal("JST", agents.AssertSame(GetTimeZone)["zone"]);
        File.Delete(zone);
        File.CreateSymbolicLink(zone, "/usr/share/zoneinfo/Asia/Kolkata");
        Assert.Equal("IST", agents.AssertSame(GetTimeZone)["zone"]);
        File.Delete(zone);
        Assert.Equal("UTC", agents.AssertSame(GetTimeZone)["zone"]);
    }

    public void Dispose() => _scratch.Dispose();

    /// <summary>A record of utmp(5).</summary>
    private static byte[] Record(short type, string user, uint seconds, int microseconds = 0)
    {
        var record = new byte[384];
        BinaryPrimitives.WriteInt16LittleEndian(record, type);
        Encoding.Latin1.GetBytes(user).CopyTo(record, 44);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(340), seconds);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(344), microseconds);
        return record;
    }
}
