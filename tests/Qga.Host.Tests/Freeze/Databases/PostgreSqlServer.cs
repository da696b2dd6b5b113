using Qga.Testing;

namespace Qga.Host.Tests.Freeze.Databases;

/// <summary>PostgreSQL as Debian packages it, with a tablespace on a second filesystem.</summary>
public sealed class PostgreSqlServer(FreezeLab lab) : DatabaseServer(lab, "postgresql", "/mnt/data", "/mnt/space")
{
    /// <summary>The newest one that is installed; null for none.</summary>
    public static string? Version { get; } = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Where(folder => File.Exists($"{folder}/bin/postgres")).Select(Path.GetFileName).Max()
        : null;

    protected override string ReadyText => "database system is ready to accept connections";

    protected override string User => "postgres";

    protected override string Folders => "/mnt/data/server /mnt/space/server /var/run/postgresql";

    protected override string[] Command => ["/bin/runuser", "-u", "postgres", "--", $"{Programs}/postgres", "-D", "/mnt/data/server"];

    protected override string Client => "runuser -u postgres -- psql -X -q -A -t postgres";

    private static string Programs => $"/usr/lib/postgresql/{Version}/bin";

    public override void AssertSound()
    {
        Assert.DoesNotMatch("ERROR|FATAL|PANIC|WARNING", Log);
        Query("select bt_index_check(oid, true) from pg_class where relkind = 'i' and relam = (select oid from pg_am where amname = 'btree')");
        Lab.Run("runuser -u postgres -- pg_ctl -D /mnt/data/server -w stop && runuser -u postgres -- pg_checksums --check -D /mnt/data/server");
    }

    protected override void InstallPrograms()
    {
        CopyFolder($"/usr/lib/postgresql/{Version}");
        CopyFolder($"/usr/share/postgresql/{Version}");
        foreach (var program in new[] { "postgres", "initdb", "pg_ctl", "pg_checksums", "psql", "pg_isready" })
        {
            Lab.Install($"{Programs}/{program}", $"{Programs}/{program}");
            File.CreateSymbolicLink(Lab.PathOf($"/bin/{program}"), $"{Programs}/{program}");
        }

        // runuser changes the user through PAM, which root may.
        Lab.Install("runuser");
        foreach (var folder in Directory.GetDirectories("/lib", "*-linux-gnu").Select(folder => $"{folder}/security").Where(Directory.Exists))
        {
            foreach (var module in new[] { "pam_rootok.so", "pam_permit.so" })
                Lab.Install($"{folder}/{module}", $"{folder}/{module}");
        }

        Lab.Run("""
            mkdir -p /etc/pam.d /dev/shm && chmod 1777 /dev/shm
            printf 'auth sufficient pam_rootok.so\naccount required pam_permit.so\nsession required pam_permit.so\n' > /etc/pam.d/runuser
            """);
    }

    protected override void CreateDatabase() => Lab.Run("""
        set -e
        runuser -u postgres -- initdb -k -A peer -E UTF8 --locale=C -D /mnt/data/server
        printf "listen_addresses = ''\nmax_wal_size = 64MB\nshared_buffers = 32MB\nlog_checkpoints = on\n" >> /mnt/data/server/postgresql.conf
        """);

    protected override void CreateTables() => Query("""
        create extension amcheck;
        create tablespace space location '/mnt/space/server';
        create table kept (writer text, number int, filler text, primary key (writer, number));
        create table elsewhere (writer text, number int, filler text) tablespace space;
        create index on elsewhere (writer, number) tablespace space;
        """);

    // The update leaves dead rows, so pages are written anew and old ones are cleaned up.
    protected override string Insertion(string writer, int row) => $"""
        begin; insert into kept values ('{writer}', {row}, repeat('x', 500));
        insert into elsewhere values ('{writer}', {row}, 'y');
        update elsewhere set filler = repeat('z', 500) where writer = '{writer}' and number = {row - 5};
        commit; select {row};
        """.ReplaceLineEndings(" ");

    protected override void Kill() => Lab.Run("runuser -u postgres -- pg_ctl -D /mnt/data/server -m immediate stop");
}
