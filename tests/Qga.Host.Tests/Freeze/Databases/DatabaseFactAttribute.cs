using Qga.Testing;

namespace Qga.Host.Tests.Freeze.Databases;

/// <summary>A test with a real database in a <see cref="FreezeLab"/>, skipped with the reason where there can be none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DatabaseFactAttribute : FactAttribute
{
    public DatabaseFactAttribute(Type server) => Skip = FreezeLab.UnavailableReason
        ?? (server == typeof(PostgreSqlServer) && PostgreSqlServer.Version is null ? "PostgreSQL is missing here" : null)
        ?? (server == typeof(MariaDbServer) && !File.Exists("/usr/sbin/mariadbd") ? "MariaDB is missing here" : null);
}
