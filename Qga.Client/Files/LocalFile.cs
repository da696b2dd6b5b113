namespace Qga.Client;

/// <summary>Files of the host that are copied.</summary>
internal static class LocalFile
{
    internal static FileStream OpenToRead(string path) => new(
        path,
        new FileStreamOptions
        {
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.SequentialScan,
            BufferSize = 0,
        });

    /// <summary>Where a copy grows.</summary>
    internal static string PartOf(string target)
    {
        var full = Path.GetFullPath(target);
        if (Directory.Exists(full))
            throw new UnauthorizedAccessException($"{target} is a directory");
        return Path.Join(Path.GetDirectoryName(full), $".{Path.GetFileName(full)}.qga-part");
    }

    /// <summary>Opens the part of a copy; it is readable to those who may read what it will replace.</summary>
    internal static FileStream OpenPart(string part, string target, bool isKept)
    {
        if (!isKept || new FileInfo(part).LinkTarget is not null)
            File.Delete(part);
        var isNew = !File.Exists(part);
        return new FileStream(part, new FileStreamOptions
        {
            // What was put there in between is not followed.
            Mode = isNew ? FileMode.CreateNew : FileMode.Open,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read,
            BufferSize = 0,
            UnixCreateMode = !isNew ? null : File.Exists(target) ? File.GetUnixFileMode(target) : null,
        });
    }
}
