using Qga.Testing;

namespace Qga.Host.Tests.Freeze.Databases;

/// <summary>The shipped hooks with real databases that are written to all the time.</summary>
[Trait("Speed", "Slow")]
public sealed class DatabaseHookTests : IDisposable
{
    private static readonly string[] Writers = ["a", "b", "c", "d"];

    private readonly FreezeLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [DatabaseFact(typeof(PostgreSqlServer))]
    public void Copies_of_frozen_filesystems_have_all_that_PostgreSQL_has_committed() => AssertCopiesAreWhole(new PostgreSqlServer(_lab));

    [DatabaseFact(typeof(MariaDbServer))]
    public void Copies_of_frozen_filesystems_have_all_that_MariaDB_has_committed() => AssertCopiesAreWhole(new MariaDbServer(_lab));

    [DatabaseFact(typeof(PostgreSqlServer))]
    public void Hook_of_PostgreSQL_makes_a_checkpoint_and_fails_only_if_the_server_refuses()
    {
        const string Checkpoint = "checkpoint starting: immediate force wait";
        var server = new PostgreSqlServer(_lab);
        server.Install();
        Assert.DoesNotContain(Checkpoint, server.Log, StringComparison.Ordinal);
        Assert.Equal((0, ""), server.RunHook("freeze"));
        Eventually.True(() => server.Log.Contains(Checkpoint, StringComparison.Ordinal));
        Assert.Equal((0, ""), server.RunHook("thaw"));

        var refused = server.RunHook("freeze", "QGA_POSTGRESQL_OWNER=root");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("role \"root\" does not exist", refused.Output, StringComparison.Ordinal);

        server.Crash();
        Assert.Equal((0, "no server on port 5432\n"), server.RunHook("freeze"));
    }

    [DatabaseFact(typeof(MariaDbServer))]
    public void Session_that_holds_MariaDB_ends_with_the_thaw_or_by_itself()
    {
        var server = new MariaDbServer(_lab);
        server.Install();
        server.StartWriter("a");
        Eventually.True(() => server.Acknowledged("a") > 0);

        // Held: nothing is acknowledged any more, and all that was is there.
        Assert.Equal((0, ""), server.RunHook("freeze"));
        Eventually.True(() => server.Query("show processlist").Contains("Waiting for backup lock", StringComparison.Ordinal));
        var held = server.Number("select count(*) from kept");
        Assert.InRange(held - server.Acknowledged("a"), 0, 1);
        Assert.Equal((0, ""), server.RunHook("thaw"));
        Eventually.True(() => server.Acknowledged("a") > held);
        AssertNoSession();

        // A thaw that never comes.
        Assert.Equal(0, server.RunHook("freeze", "QGA_MARIADB_HOLD_LIMIT=5").ExitCode);
        held = server.Number("select count(*) from kept");
        Eventually.True(() => server.Acknowledged("a") > held);
        Assert.Equal((0, ""), server.RunHook("thaw"));
        AssertNoSession();
    }

    [DatabaseFact(typeof(MariaDbServer))]
    public void Hook_of_MariaDB_leaves_nothing_behind_when_it_fails()
    {
        var server = new MariaDbServer(_lab);
        server.Install();
        Assert.Equal((0, ""), server.RunHook("thaw"));

        // Somebody else's backup is in the way.
        using var other = _lab.Start("/bin/sh", "-c", "(echo 'backup stage start; select 1;'; sleep 1000) | mariadb --unbuffered");
        other.AwaitOutput("1");
        var failed = server.RunHook("freeze", "QGA_MARIADB_LOCK_LIMIT=1");
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("Lock wait timeout exceeded", failed.Output, StringComparison.Ordinal);
        AssertNoSession();

        server.Crash();
        var down = server.RunHook("freeze");
        Assert.Equal(0, down.ExitCode);
        Assert.StartsWith("MariaDB does not run: ERROR 2002 ", down.Output, StringComparison.Ordinal);
        AssertNoSession();
    }

    private void AssertCopiesAreWhole(DatabaseServer server)
    {
        server.Install();
        using var agent = FreezeLabAgent.Start(_lab, "-t", "/run", "-F/etc/qemu/fsfreeze-hook");
        using var host = agent.Connect();
        foreach (var writer in Writers)
            server.StartWriter(writer);
        Eventually.True(() => Writers.All(writer => server.Acknowledged(writer) > 500));

        Assert.Equal($$"""{"return": {{_lab.Volumes.Count}}}""", host.Ask("""{"execute":"guest-fsfreeze-freeze"}"""));
        var acknowledged = Writers.ToDictionary(writer => writer, server.Acknowledged);
        server.CopyImages();
        Assert.Equal($$"""{"return": {{_lab.Volumes.Count}}}""", host.Ask("""{"execute":"guest-fsfreeze-thaw"}"""));

        Eventually.True(() => Writers.All(writer => server.Acknowledged(writer) > acknowledged[writer] + 100));
        AssertNoSession();
        Assert.False(Directory.Exists(_lab.PathOf("/run/qga-fsfreeze-hook")));

        server.Crash();
        server.MountCopies();
        server.Start();
        foreach (var writer in Writers)
        {
            var last = server.Number($"select max(number) from kept where writer = '{writer}'");
            Assert.InRange(last, acknowledged[writer], acknowledged[writer] + 1);
            Assert.Equal(last, server.Number($"select count(*) from kept where writer = '{writer}'"));
            Assert.InRange(server.Number($"select count(*) from elsewhere where writer = '{writer}'"), acknowledged[writer], last);
        }

        server.AssertSound();
    }

    private void AssertNoSession()
    {
        Assert.False(Directory.Exists(_lab.PathOf("/run/qga-mariadb-hook")));
        Assert.DoesNotContain(_lab.Processes, process => process.Command.Contains("fsfreeze-hook.d", StringComparison.Ordinal));
    }
}
