using Qga.Testing;

namespace Qga.Host.Tests.Freeze.Databases;

/// <summary>MariaDB as Debian packages it, with the setting for its log that keeps least on disk.</summary>
public sealed class MariaDbServer(FreezeLab lab) : DatabaseServer(lab, "mariadb", "/mnt/data")
{
    protected override string ReadyText => "ready for connections";

    protected override string User => "mysql";

    protected override string Folders => "/mnt/data/server /run/mysqld";

    protected override string[] Command =>
    [
        "/usr/sbin/mariadbd", "--no-defaults", "--user=mysql", "--datadir=/mnt/data/server", "--skip-networking", "--tmpdir=/tmp",
        "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=32M",
    ];

    protected override string Client => "mariadb --batch --skip-column-names --unbuffered mysql";

    public override void AssertSound()
    {
        Assert.DoesNotMatch(@"\[ERROR\]", Log);
        Assert.DoesNotMatch("(?m)^(?!.*\tOK$)", Query("check table kept extended; check table elsewhere extended"));
    }

    protected override void InstallPrograms()
    {
        Lab.Install("mariadbd", "/usr/sbin/mariadbd");
        Lab.Install("mariadb");
        Lab.Install("flock");
        foreach (var program in new[] { "my_print_defaults", "resolveip" })
            Lab.Install(program, $"/usr/bin/{program}");
        Lab.Copy("/usr/bin/mariadb-install-db", "/usr/bin/mariadb-install-db");
        CopyFolder("/usr/share/mysql");
    }

    protected override void CreateDatabase() => Lab.Run("""
        /usr/bin/mariadb-install-db --no-defaults --force --user=mysql --datadir=/mnt/data/server \
            --auth-root-authentication-method=socket --skip-test-db --skip-name-resolve
        """);

    protected override void CreateTables() => Query("""
        create table kept (writer varchar(9), number int, filler text, primary key (writer, number)) engine=InnoDB;
        create table elsewhere (writer varchar(9), number int, key (writer, number)) engine=MyISAM;
        """);

    protected override string Insertion(string writer, int row) =>
        $"insert into kept values ('{writer}', {row}, repeat('x', 500)); insert into elsewhere values ('{writer}', {row}); select {row};";

    protected override void Kill()
    {
        foreach (var process in Lab.Processes.Where(process => process.Command.StartsWith("/usr/sbin/mariadbd ", StringComparison.Ordinal)))
            process.Send(Signal.Kill);
    }
}
