using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Qga.Client;

/// <summary>
/// The file beside its target in which a download grows. It is one user's alone to read, held by one download at a time, and takes the target's
/// place as it is: what somebody else has put there, or into its place meanwhile, is neither written to nor renamed.
/// </summary>
internal sealed class LocalPart : IAsyncDisposable
{
    private const string Ending = ".qga-part";

    /// <summary>How long a name can be; in bytes.</summary>
    private const int NAME_MAX = 255;

    /// <summary>How often somebody may come in between while a part is opened.</summary>
    private const int MostRounds = 100;

    private readonly string _path;
    private readonly string _target;

    private LocalPart(string path, string target, SafeFileHandle file)
    {
        (_path, _target) = (path, target);
        File = new FileStream(file, FileAccess.ReadWrite, bufferSize: 0);
    }

    /// <summary>What is in it.</summary>
    internal FileStream File { get; }

    /// <summary>Opens the part for a target.</summary>
    /// <param name="target">The whole path of what it is to replace.</param>
    /// <param name="options">Whether it is found again, and gone on with.</param>
    /// <exception cref="IOException">There is another download to the same target, or there can be no such file.</exception>
    internal static LocalPart Open(string target, DownloadOptions options)
    {
        var path = PathOf(target, options.Resume || options.KeepPart ? "" : $".{Guid.NewGuid():n}");
        for (var round = 0; round < MostRounds; round++)
        {
            if (TryOpen(path) is not { } file)
                continue;
            if (!LocalFileStatus.TryLock(file))
            {
                file.Dispose();
                throw new IOException($"{target}: another download to it is under way, or {path} is held by somebody");
            }

            var status = LocalFileStatus.Of(file);
            if (status.IsOwnRegularFile && status.IsSameAs(LocalFileStatus.TryOf(path)))
            {
                System.IO.File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                if (!options.Resume)
                    RandomAccess.SetLength(file, 0);
                return new LocalPart(path, target, file);
            }

            file.Dispose();
        }

        throw new IOException($"{path} is made and removed by somebody else all the time");
    }

    /// <summary>Stores it, and has it take the target's place.</summary>
    /// <param name="mode">Null for what <see cref="LocalFile.SetAttributes"/> finds.</param>
    /// <param name="owner">Null for what it finds.</param>
    internal void Commit(UnixFileMode? mode, (uint User, uint Group)? owner)
    {
        LocalFile.SetAttributes(File.SafeFileHandle, _target, mode, owner);
        File.Flush(flushToDisk: true);
        if (!IsInPlace)
            throw new IOException($"{_path} was replaced by somebody else while it was written");
        System.IO.File.Move(_path, _target, overwrite: true);
    }

    /// <summary>Removes it if it is still there.</summary>
    internal void Remove()
    {
        if (IsInPlace)
            System.IO.File.Delete(_path);
    }

    public ValueTask DisposeAsync()
    {
        // A program that is just being started has a copy of the descriptor, which would hold the lock after this one is closed.
        LocalFileStatus.Unlock(File.SafeFileHandle);
        return File.DisposeAsync();
    }

    private bool IsInPlace => LocalFileStatus.Of(File.SafeFileHandle).IsSameAs(LocalFileStatus.TryOf(_path));

    /// <summary>A name that is found again, shortened where it would be too long.</summary>
    private static string PathOf(string target, string random)
    {
        var name = Path.GetFileName(target);
        if (Encoding.UTF8.GetByteCount(name) + random.Length + Ending.Length + 1 > NAME_MAX)
            name = Sha256Sum.Of(Encoding.UTF8.GetBytes(name));
        return Path.Join(Path.GetDirectoryName(target), $".{name}{random}{Ending}");
    }

    /// <summary>Opens what is there, if nobody else can have made it, or makes it.</summary>
    /// <returns>Null if somebody has come in between, or was in the way.</returns>
    private static SafeFileHandle? TryOpen(string path)
    {
        switch (LocalFileStatus.TryOf(path))
        {
            case null:
                return LocalFileStatus.TryCreate(path);
            case { IsOwnRegularFile: true }:
                return LocalFileStatus.TryOpenOwn(path);
            default:
                System.IO.File.Delete(path);
                return null;
        }
    }
}
