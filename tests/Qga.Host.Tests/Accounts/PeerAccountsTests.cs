using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Inventory;
using Qga.Testing;

namespace Qga.Host.Tests.Accounts;

/// <summary>The real qemu-ga and ours do the same to the same users; but ours goes into no trap.</summary>
public sealed class PeerAccountsTests(AccountsLab accounts) : IClassFixture<AccountsLab>
{
    private const string File = ".ssh/authorized_keys";

    [PeerFact]
    public void What_is_wrong_before_anything_is_read_is_answered_alike()
    {
        using var agents = new AgentPair();
        foreach (var request in (string[])[Add("no-such-user", ["K", "#K"]), Add("x", ["K\nL"]), Add("x", ["K\r\n"]), Remove("x", ["#K"])])
            agents.AssertSameError(request);
        foreach (var password in (string[])["!!", "eAp5", "Cg=="])
            agents.AssertSameError(SetPassword("a:b", password));
        agents.AssertSameError(SetPassword("a:b", "eA=="));
        agents.AssertSameError(SetPassword("a\nb", "eA=="));
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Keys_are_listed_alike()
    {
        accounts.AssertSame($@"printf 'Y\r\n # c\n  K1 \t\n\tssh-rsa AAA ""x""\\ \n\n\013\014X\n\377\376z\nlast' > {File}", Get());
        accounts.AssertSame($": > {File}", Get());
        accounts.AssertSame($@"printf '\n\n' > {File}", Get());
        accounts.AssertSame("true", Get());
        accounts.AssertSame("rmdir .ssh", Get(), Get("bob"), Get("alice"));
        accounts.AssertSame($"echo K > {File} && chmod 000 {File}", Get());
        accounts.AssertSame($"echo K > {File} && chmod 000 .ssh", Get());
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Home_need_not_be_utf8()
    {
        const string Home = "cd /home/caf?";
        var records = new List<string>();
        foreach (var ask in (Func<string, string>[])[accounts.AskPeer, accounts.AskOurs])
        {
            accounts.Lab.Run($"{Home} && rm -rf .ssh");
            string[] answers = [ask(Get("carol")), ask(Add("carol", ["K"])), ask(Get("carol")), ask(Remove("carol", ["K"])), ask(Add("carol", ["L"]))];
            records.Add(string.Join('\n', answers) + accounts.Lab.Run($"{Home} && pwd | od -c && stat -c '%n %a %u:%g' .ssh .ssh/* && echo $(cat {File})"));
        }

        Assert.Equal(records[0], records[1]);
        Assert.Contains("/home/caf\\uFFFD/.ssh/authorized_keys", records[0], StringComparison.Ordinal);
        Assert.EndsWith("L\n", records[0], StringComparison.Ordinal);
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Keys_are_added_alike_but_for_the_ends_of_lines()
    {
        Assert.Contains("authorized_keys regular file 600 54321:54321", accounts.AssertSame("rmdir .ssh", [Add(["K"])], ignoresEmptyLines: true));
        accounts.AssertSame("rmdir .ssh", Add([""]), Get());
        AssertSameKeys("true", Add([]), Add(["a", "b", "", "a"]), Get(), Add(["c"], reset: true), Add([], reset: true), Get());
        AssertSameKeys($@"printf 'Y\n' > {File}", Add(["Z"]), Add(["Z", "Y"]), Add(["", "\u00E4 \u20AC"]));
        AssertSameKeys($@"printf 'Y\n\n' > {File} && chmod 666 {File}", Add(["", "Z"]));
        AssertSameKeys($@"printf '# \377\r\nY' > {File} && chmod 755 .ssh", Add(["X", "Y"]));
        AssertSameKeys($": > {File}", Add(["Q"]), Add(["z", "z"], reset: true));
        accounts.AssertSame($"echo x > {File}; chmod 555 .ssh; rm -rf .ssh; cd /; chmod 500 {AccountsLab.Home}", Add(["K"]));
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Keys_are_removed_alike_but_for_the_ends_of_lines()
    {
        accounts.AssertSame("rmdir .ssh", Remove(["K"]));
        accounts.AssertSame("true", Remove(["K"]));
        AssertSameKeys($@"printf 'Y\nY\nZ\nY' > {File}", Remove(["Y"]), Remove(["Y"]), Remove(["Z"]));
        AssertSameKeys($@"printf 'Y\n\377\nZx\nZ\n' > {File} && chmod 644 {File}", Remove([]), Remove(["Z"]), Remove(["Y", ""]));
        accounts.AssertSame($": > {File}", Remove(["K"]));
        accounts.AssertSame($"echo K > {File}", Remove(["K"]));
        Assert.Equal("0", accounts.Lab.Run($"stat -c %s {AccountsLab.Keys}").TrimEnd());
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Keys_that_are_appended_by_others_are_lines_of_their_own()
    {
        accounts.Prepare("true");
        foreach (var (ask, lines) in new[] { (accounts.AskPeer, "K1K2\n\nK3"), ((Func<string, string>)accounts.AskOurs, "K1\nK2\nK3\n") })
        {
            accounts.Prepare("true");
            Qmp.Return(ask(Add(["K1"])));
            accounts.Lab.Run($"echo K2 >> {AccountsLab.Keys}");
            Qmp.Return(ask(Add(["K3"])));
            Assert.Equal(lines, accounts.Lab.Run($"cat {AccountsLab.Keys}"));
        }

        accounts.Prepare($"printf K1 > {File}");
        Qmp.Return(accounts.AskOurs(Add(["K1"])));
        Assert.Equal("K1\n", accounts.Lab.Run($"cat {AccountsLab.Keys}"));
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Carriage_return_is_no_part_of_a_key()
    {
        accounts.Prepare("true");
        Qmp.Return(accounts.AskPeer(Add(["K1\r"])));
        Assert.Equal("K1\r", accounts.Lab.Run($"cat {AccountsLab.Keys}"));

        accounts.Prepare($@"printf 'K0\r\nKX\r\n' > {File}");
        Qmp.Return(accounts.AskOurs(Add(["K1\r", "\tK2 \r", "K0", "K1"])));
        Assert.Equal("K0\r\nKX\r\nK1\nK2\n", accounts.Lab.Run($"cat {AccountsLab.Keys}"));
        Qmp.Return(accounts.AskOurs(Remove(["K0", "K2\r"])));
        Assert.Equal("KX\r\nK1\n", accounts.Lab.Run($"cat {AccountsLab.Keys}"));
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void User_that_is_not_there_is_said_not_to_be()
    {
        using var agents = new AgentPair();
        Assert.Equal("failed to lookup user 'no-such-user': Success", agents.AskErrors(Get("no-such-user")).Peer);
        foreach (var name in (string[])["no-such-user", "", "no\nsuch", "n\u00F6", new string('x', 5000)])
        {
            foreach (var request in (string[])[Get(name), Add(name, ["K"]), Remove(name, ["K"])])
            {
                Assert.StartsWith(
                    $"failed to lookup user '{(name.Length > 400 ? name[..400] : name)}': there is no such user", agents.AskErrors(request).Ours, StringComparison.Ordinal);
            }
        }
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Home_may_be_open_to_a_group_of_the_user_alone()
    {
        accounts.Lab.Run("rm -rf /srv/staff && mkdir -p /srv/staff && chmod 750 /srv/staff && chown 0:54400 /srv/staff");
        accounts.Lab.Run("sed -i 's|:/home/bob:|:/srv/staff/bob:|; s|alice$|alice,bob|' /etc/passwd /etc/group && mkdir /srv/staff/bob && chown 54322:54322 /srv/staff/bob");
        try
        {
            accounts.AssertSame("true", Add("bob", ["K"]), Get("bob"));
        }
        finally
        {
            accounts.Lab.Run("sed -i 's|:/srv/staff/bob:|:/home/bob:|; s|alice,bob$|alice|' /etc/passwd /etc/group");
        }
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Link_of_the_user_leads_qemu_ga_out_of_his_home_but_not_us()
    {
        const string Lure = "rm -rf /srv/open && mkdir -p /srv/open && chmod 777 /srv/open && echo theirs > /srv/open/authorized_keys";
        const string Place = "cat /srv/open/authorized_keys; stat -c '%n %a %u:%g' /srv/open /srv/open/*";

        accounts.Prepare($"{Lure} && rmdir .ssh && ln -s /srv/open .ssh");
        var before = accounts.Lab.Run(Place);
        var link = $"failed to open '{AccountsLab.Home}/.ssh': .ssh is a symbolic link, which is not followed";
        var read = $"failed to read '{AccountsLab.Keys}': Failed to open file \u201C{AccountsLab.Keys}\u201D: ";
        Assert.Equal(link, Qmp.Error(accounts.AskOurs(Add(["K"]))));
        Assert.Equal(link, Qmp.Error(accounts.AskOurs(Add(["K"], reset: true))));
        Assert.Equal($"{read}.ssh is a symbolic link, which is not followed", Qmp.Error(accounts.AskOurs(Get())));
        Assert.Equal($"{read}.ssh is a symbolic link, which is not followed", Qmp.Error(accounts.AskOurs(Remove(["theirs"]))));
        Assert.Equal(before, accounts.Lab.Run(Place));
        Assert.Equal(["theirs"], Qmp.Return(accounts.AskPeer(Get()))["keys"]!.Select(key => (string)key!));
        Qmp.Return(accounts.AskPeer(Add(["K"])));
        Assert.NotEqual(before, accounts.Lab.Run(Place));

        accounts.Prepare($"{Lure} && ln -s /srv/open/authorized_keys {File}");
        Assert.Equal($"{read}authorized_keys is a symbolic link, which is not followed", Qmp.Error(accounts.AskOurs(Get())));
        Assert.Equal($"{read}authorized_keys is a symbolic link, which is not followed", Qmp.Error(accounts.AskOurs(Add(["K"]))));
        Assert.Equal(["theirs"], Qmp.Return(accounts.AskPeer(Get()))["keys"]!.Select(key => (string)key!));
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Keys_that_can_not_be_read_are_lost_to_qemu_ga_but_not_to_us()
    {
        const string Unreadable = $"echo theirs > {File} && chmod 000 {File}";
        accounts.Prepare(Unreadable);
        var before = accounts.Content();
        Assert.EndsWith("Permission denied", Qmp.Error(accounts.AskOurs(Add(["K"]))));
        Assert.Equal(before, accounts.Content());
        Qmp.Return(accounts.AskPeer(Add(["K"])));
        Assert.Equal("K", accounts.Lab.Run($"cat {AccountsLab.Keys}"));
    }

    [FreezeLabFact]
    public void No_thread_of_the_agent_is_left_with_the_rights_of_a_user()
    {
        accounts.Prepare("true");
        var before = Identities();
        Assert.Single(before);
        foreach (var request in (string[])[Add(["K"]), Get(), Remove(["K"])])
            Qmp.Return(accounts.AskOurs(request));

        // A thread is in the kernel for a moment yet when it has ended.
        Eventually.True(() => Identities().SetEquals(before));
    }

    [FreezeLabFact]
    public void Keys_that_clients_add_at_once_are_all_there()
    {
        const int Clients = 8;
        const int Keys = 10;
        accounts.Prepare("true");
        var threads = Enumerable.Range(0, Clients).Select(client => new Thread(() =>
        {
            for (var key = 0; key < Keys; key++)
                accounts.AskOurs(Add([$"key {key} of client {client}"]));
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        var all = from client in Enumerable.Range(0, Clients) from key in Enumerable.Range(0, Keys) select $"key {key} of client {client}";
        Assert.Equal(all.Order(), Qmp.Return(accounts.AskOurs(Get()))["keys"]!.Select(key => (string)key!).Order());
    }

    [FreezeLabFact(NeedsPeer = true)]
    public void Chpasswd_is_called_alike()
    {
        const string Called = "cat /tmp/called; rm -f /tmp/called";
        var requests = new[]
        {
            SetPassword("alice", "c2VjcmV0"), SetPassword("alice", "JDYkYWJj", crypted: true), SetPassword("no-such-user", "eA=="),
            SetPassword("alice", ""),
            SetPassword("", "eA=="), SetPassword("\u00E9l\u00EFs", "cP/+dzp4"), SetPassword("alice", "YWJj\nZGVm"),
            SetPassword("alice", "YQ0="),
        };
        foreach (var end in (string[])["exit 0", "exit 3", "echo bad line; echo and worse >&2; exit 1", "kill -9 $$"])
        {
            accounts.Lab.WriteProgram("/bin/chpasswd", $"{{ echo \"$0 $# $*\"; od -c; }} > /tmp/called\n{end}");
            foreach (var request in requests)
            {
                var peer = JObject.Parse(accounts.AskPeer(request)) + accounts.Lab.Run(Called);
                var ours = JObject.Parse(accounts.AskOurs(request)) + accounts.Lab.Run(Called);
                Assert.Contains("chpasswd", peer);
                Assert.Equal(peer, ours);
            }
        }
    }

    [FreezeLabFact]
    public void What_is_no_password_is_refused_before_chpasswd_sees_it()
    {
        accounts.Lab.WriteProgram("/bin/chpasswd", "echo called >> /tmp/called");
        foreach (var password in (string[])["YQBi", "YQpyb290Ong=", "AA=="])
            Assert.Equal("forbidden characters in raw password", Qmp.Error(accounts.AskOurs(SetPassword("alice", password))));
        foreach (var password in (string[])["JDYkYTowOjA6", "JDYkYQ0="])
            Assert.Equal("forbidden characters in crypted password", Qmp.Error(accounts.AskOurs(SetPassword("alice", password, crypted: true))));
        Assert.Empty(accounts.Lab.Run("ls /tmp/called 2> /dev/null || true"));
    }

    [FreezeLabFact]
    public void Passwords_are_set_by_busybox_where_there_is_no_other_chpasswd()
    {
        accounts.Lab.Run("rm -f /bin/chpasswd");
        accounts.Lab.WriteProgram("/usr/local/sbin/busybox", "{ echo \"$*\"; cat; } > /tmp/called");
        try
        {
            Qmp.Return(accounts.AskOurs(SetPassword("alice", "JDYkYWJj", crypted: true)));
            Assert.Equal("chpasswd -e\nalice:$6$abc\n", accounts.Lab.Run("cat /tmp/called; rm /tmp/called"));
        }
        finally
        {
            accounts.Lab.Run("rm /usr/local/sbin/busybox");
        }
    }

    private void AssertSameKeys(string script, params string[] requests) => accounts.AssertSame(script, requests, ignoresEmptyLines: true);

    private static string Get(string user = "alice") => Request("guest-ssh-get-authorized-keys", ("username", user));

    private static string Add(string[] keys, bool reset = false) => Add("alice", keys, reset);

    private static string Add(string user, string[] keys, bool reset = false) =>
        Request("guest-ssh-add-authorized-keys", ("username", user), ("keys", new JArray(keys)), ("reset", reset));

    private static string Remove(string[] keys) => Remove("alice", keys);

    private static string Remove(string user, string[] keys) =>
        Request("guest-ssh-remove-authorized-keys", ("username", user), ("keys", new JArray(keys)));

    private static string SetPassword(string user, string password, bool crypted = false) =>
        Request("guest-set-user-password", ("username", user), ("password", password), ("crypted", crypted));

    /// <summary>In ASCII: a client of the tests sends each character as one byte.</summary>
    private static string Request(string command, params (string Name, JToken Value)[] arguments) => string.Concat(
        Qmp.Request(command, arguments).Select(character => char.IsAscii(character) ? $"{character}" : $"\\u{(int)character:X4}"));

    /// <summary>As what the threads of the agent run, each different one once.</summary>
    private HashSet<string> Identities()
    {
        var identities = new HashSet<string>();
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{accounts.Pid}/task"))
        {
            try
            {
                identities.Add(string.Join('\n', System.IO.File.ReadLines($"{thread}/status")
                    .Where(line => line.Split(':')[0] is "Uid" or "Gid" or "Groups" or "CapPrm" or "CapEff")));
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }

        return identities;
    }
}
