using System.Text;
using Qga.Platform.Native;
using Qga.Platform.State;

namespace Qga.Platform.Audit;

/// <summary>
/// What an agent that ends while the guest is frozen had still to write to the audit file: kept in memory, in the directory of the sockets, for the
/// next agent, which writes it after the thaw. A line is a record without the two hashes.
/// </summary>
/// <param name="auditFile">Where it is to be written in the end.</param>
/// <param name="directory">Where it is kept.</param>
/// <param name="takesFiles">Whether that directory is there, and in memory.</param>
internal sealed class AuditSpool(string auditFile, string directory, Func<bool> takesFiles)
{
    private readonly string _path = $"{directory}/audit-{Sha256.HexOf(KernelPath.Bytes(auditFile)).AsSpan(0, 16)}";

    /// <summary>In the directory of the sockets.</summary>
    internal AuditSpool(string auditFile)
        : this(auditFile, RuntimeDirectory.Path, static () => RuntimeDirectory.TryMake(isFrozen: true))
    {
    }

    /// <summary>Keeps records for the next agent.</summary>
    /// <returns>False if there is no place for them.</returns>
    internal bool Keep(IEnumerable<AuditRecord> records)
    {
        if (!takesFiles())
            return false;
        var flags = LibC.O_WRONLY | LibC.O_APPEND | LibC.O_CREAT | LibC.O_NOFOLLOW;
        var errno = LibC.Open(_path, flags, FileModes.OwnersFile, out var file);
        using (file)
        {
            var lines = string.Concat(records.Select(record => $"{AuditChain.BodyOf(record)}\n"));
            return errno == Errno.Success && LibC.WriteAll(file, Encoding.ASCII.GetBytes(lines)) == Errno.Success;
        }
    }

    /// <summary>What agents before this one have kept, the oldest first.</summary>
    internal IReadOnlyList<string> Read()
    {
        if (LibC.Open(_path, LibC.O_RDONLY | LibC.O_NOFOLLOW, out var file) != Errno.Success)
            return [];
        using (file)
        {
            // The last may have been cut off where the guest had no memory for it.
            return LibC.ReadToEnd(file, out var lines) == Errno.Success ? Encoding.ASCII.GetString(lines).Split('\n')[..^1] : [];
        }
    }

    /// <summary>All of it is written.</summary>
    internal void Remove() => _ = LibC.Unlink(_path);
}
