using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>Passwords and keys of a real user of a real guest.</summary>
[Collection(nameof(SharedGuest))]
public sealed class AccountsTests(SharedGuest shared)
{
    private const string SetPassword = "guest-set-user-password";

    private readonly GuestMachine _guest = shared.Machine;

    [GuestFact]
    public Task Password_is_set_plain_and_crypted() => WithUserAsync(async client =>
    {
        await client.AskAsync(SetPassword, Password("alice", "secret of alice", crypted: false));
        var entry = (await _guest.OutputOfAsync("grep '^alice:' /etc/shadow")).Split(':')[1];
        Assert.StartsWith("$6$", entry);
        Assert.Equal(entry, HostTool.Run("perl", "-e", "print crypt($ARGV[0], $ARGV[1])", "secret of alice", entry).Output);

        await client.AskAsync(SetPassword, Password("alice", "$6$salt$made-elsewhere", crypted: true));
        Assert.StartsWith("alice:$6$salt$made-elsewhere:", await _guest.OutputOfAsync("grep '^alice:' /etc/shadow"));
        Assert.StartsWith("root:untouched:", await _guest.OutputOfAsync("grep '^root:' /etc/shadow"));
    });

    [GuestFact]
    public Task Unknown_user_is_refused_in_the_words_of_chpasswd() => WithUserAsync(async client =>
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.AskAsync(SetPassword, Password("no-such-user", "x", crypted: false)));
        Assert.Contains("child process has failed to set user password: chpasswd: ", failure.Message);
        Assert.Contains("no-such-user", failure.Message);
    });

    [GuestFact]
    public Task Keys_come_and_go() => WithUserAsync(async client =>
    {
        await client.AskAsync("guest-ssh-add-authorized-keys", Keys("ssh-rsa A alice@host", "ssh-rsa B alice@host"));
        Assert.Equal(
            "/home/alice/.ssh 700 alice:alice\n/home/alice/.ssh/authorized_keys 600 alice:alice\nssh-rsa A alice@host\nssh-rsa B alice@host",
            await _guest.OutputOfAsync("stat -c '%n %a %U:%G' /home/alice/.ssh /home/alice/.ssh/*; cat /home/alice/.ssh/*"));

        await client.AskAsync("guest-ssh-remove-authorized-keys", Keys("ssh-rsa A alice@host"));
        var listed = await client.AskAsync("guest-ssh-get-authorized-keys", new JObject { ["username"] = "alice" });
        Assert.Equal(["ssh-rsa B alice@host"], listed["keys"]!.Select(key => (string)key!));
    });

    [GuestFact]
    public Task Traps_of_the_user_catch_nobody() => WithUserAsync(async client =>
    {
        await _guest.OutputOfAsync(
            "mkdir -m 700 /root/.ssh; echo secret > /root/.ssh/authorized_keys; su alice -c 'ln -s /root/.ssh /home/alice/.ssh'");
        foreach (var command in (string[])["guest-ssh-add-authorized-keys", "guest-ssh-remove-authorized-keys"])
        {
            var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => client.AskAsync(command, Keys("K")));
            Assert.Contains(".ssh is a symbolic link, which is not followed", failure.Message);
        }

        Assert.Equal(
            "/root/.ssh 700 root:root\n/root/.ssh/authorized_keys 644 root:root\nsecret",
            await _guest.OutputOfAsync("stat -c '%n %a %U:%G' /root/.ssh /root/.ssh/*; cat /root/.ssh/*; rm -r /root/.ssh"));
    });

    private static JObject Password(string user, string password, bool crypted) => new()
    {
        ["username"] = user,
        ["password"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(password)),
        ["crypted"] = crypted,
    };

    private static JObject Keys(params string[] keys) => new() { ["username"] = "alice", ["keys"] = new JArray(keys) };

    /// <summary>Has a user in the guest, and an agent; neither stays.</summary>
    private async Task WithUserAsync(Func<GuestClient, Task> act)
    {
        await _guest.OutputOfAsync(
            """
            cp /etc/passwd /etc/group /run
            printf 'root:untouched:19000:0:99999:7:::\nalice:!:19000:0:99999:7:::\n' > /etc/shadow
            chmod 600 /etc/shadow
            echo 'alice:x:54321:54321::/home/alice:/bin/sh' >> /etc/passwd
            echo 'alice:x:54321:' >> /etc/group
            mkdir -p /home/alice && chown alice:alice /home/alice
            """);
        try
        {
            await using var agent = await _guest.StartAgentOnPortAsync();
            using var client = await _guest.ConnectToAgentPortAsync();
            await client.SyncAsync(1);
            await act(client);
        }
        finally
        {
            await _guest.OutputOfAsync("mv /run/passwd /run/group /etc; rm -rf /etc/shadow /home/alice /root/.ssh");
        }
    }
}
