using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Accounts;

/// <summary>Users whom only a directory knows: the guest's getent is asked for them, and the agent waits for it no longer than it has to.</summary>
public sealed class DirectoryUserTests : IDisposable
{
    private readonly Lazy<FreezeLab> _lab = new(Make);

    private FreezeLab Lab => _lab.Value;

    [FreezeLabFact]
    public void Keys_of_such_a_user_are_kept_with_all_groups()
    {
        using var agent = FreezeLabAgent.Start(Lab, "-t", "/state");
        using var client = agent.Connect();

        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Request("guest-ssh-add-authorized-keys", ("username", "dora"), ("keys", new JArray("K1", "K2")))));
        Assert.Equal(["K1", "K2"], Qmp.Return(client.Ask(Keys("dora")))["keys"]!.Select(key => (string)key!).Order(StringComparer.Ordinal));
        Assert.Equal("70000:70001 600\n", Lab.Run("stat -c '%u:%g %a' /team/dora/.ssh/authorized_keys"));
        Assert.Equal(
            "failed to lookup user 'nobody-at-all': there is no such user: /etc/passwd has none, and /bin/getent finds none", Qmp.Error(client.Ask(Keys("nobody-at-all"))));
    }

    [FreezeLabFact]
    public void Program_of_such_a_user_runs_as_that()
    {
        Lab.Run("mkdir -p -m 755 /rules && printf 'allow guest-exec user=dora\\nallow guest-exec-status\\n' > /rules/10.rules");
        Lab.Run("printf '[qga]\\npolicy-dir=/rules\\n' > /etc/qga.conf && chmod 600 /etc/qga.conf");
        using var agent = FreezeLabAgent.Start(Lab, "-t", "/state", "-c", "/etc/qga.conf");
        using var client = agent.Connect();

        var end = GuestProgram.Shell(client, "id -u; id -g; id -G; echo $HOME $USER");
        Assert.Equal("70000\n70001\n70001 70002\n/team/dora dora\n", GuestProgram.Output(end));
    }

    [FreezeLabFact]
    [Trait("Speed", "Slow")]
    public void Directory_that_does_not_answer_costs_the_command_that_asks_it_alone()
    {
        using var agent = FreezeLabAgent.Start(Lab, "-t", "/state");
        using var waiting = agent.Connect();
        waiting.Send($"{Keys("hang")}\n");
        Eventually.True(() => File.Exists(Lab.PathOf("/run/asked")));

        using var other = agent.Connect();
        Assert.Equal(Qmp.Pong, other.Ask(Qmp.Ping));
        Assert.Equal(Qmp.Pong, other.Ask(Qmp.Request("guest-ssh-add-authorized-keys", ("username", "dora"), ("keys", new JArray("K")))));
        Assert.Equal(["K"], Qmp.Return(other.Ask(Keys("dora")))["keys"]!.Select(key => (string)key!));

        Assert.Equal(
            "failed to lookup user 'hang': /etc/passwd has none, and /bin/getent has not answered within 10 s", Qmp.Error(waiting.ReadLine()!));
        Assert.Equal(Qmp.Pong, waiting.Ask(Qmp.Ping));
        Lab.Run("[ ! -d /proc/$(cat /run/asked) ]");
    }

    public void Dispose()
    {
        if (_lab.IsValueCreated)
            Lab.Dispose();
    }

    private static string Keys(string user) => Qmp.Request("guest-ssh-get-authorized-keys", ("username", user));

    private static FreezeLab Make()
    {
        var lab = new FreezeLab();
        try
        {
            // The way to the home is open to a group alone that the directory tells.
            lab.Run(
                """
                printf 'root:x:0:0:root:/root:/bin/sh\n' > /etc/passwd
                printf 'root:x:0:\n' > /etc/group
                mkdir -p /state /team/dora && chown 0:70002 /team && chmod 750 /team && chown 70000:70001 /team/dora
                """);
            lab.WriteProgram(
                "/bin/getent",
                """
                case "$1 $2" in
                    "passwd dora") echo 'dora:*:70000:70001:Dora:/team/dora:/bin/sh' ;;
                    "initgroups dora") echo 'dora                  70001 70002' ;;
                    "passwd hang") echo $$ > /run/asked.new; mv /run/asked.new /run/asked; exec sleep 1000 ;;
                    *) exit 2 ;;
                esac
                """);
            return lab;
        }
        catch
        {
            lab.Dispose();
            throw;
        }
    }
}
