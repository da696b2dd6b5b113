using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.State;

namespace Qga.Platform.Freeze.Evidence;

/// <summary>
/// What happens to a freeze, line by line, in a file that outlives its agent: whoever keeps the record next reads how it began, and the guardian
/// notes what it does on its own. It is in memory or nowhere, as nothing may be written to a filesystem that is frozen.
/// </summary>
public sealed class FreezeJournal : IDisposable
{
    private const string Prefix = "freeze-";
    private const string Suffix = ".journal";

    /// <summary>What the events of one filesystem take at most, as a rule; a path may be longer.</summary>
    private const int BytesPerFileSystem = 512;
    private const int BytesBeside = 16 * 1024;

    /// <summary>Longer than any journal; what is longer was not written by us.</summary>
    private const int LongestJournal = 64 * 1024 * 1024;

    private readonly string? _path;

    /// <param name="file">Owned from here on.</param>
    /// <param name="path">Where it is; null if that is nobody's business.</param>
    internal FreezeJournal(SafeFileHandle file, string? path = null) => (Descriptor, _path) = (file, path);

    internal SafeFileHandle Descriptor { get; }

    /// <summary>Whether it is where others look for it: not once somebody has made a record of it.</summary>
    internal bool IsInPlace => _path is not null && LibC.Status(Descriptor, out var ours) == Errno.Success
        && LibC.LinkStatus(_path, out var there) == Errno.Success && there.IsSameFileAs(ours);

    /// <summary>Where the journal of a state directory is; null if that can't be told.</summary>
    internal static string? PathFor(string stateDirectory, string directory) => LibC.Status(stateDirectory, out var status) == Errno.Success
        ? $"{directory}/{Prefix}{status.Identity}{Suffix}"
        : null;

    /// <summary>Those of all state directories.</summary>
    internal static IEnumerable<string> All()
    {
        _ = LibC.List(RuntimeDirectory.Path, out var names);
        return from name in names
               where name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal)
               select $"{RuntimeDirectory.Path}/{name}";
    }

    /// <summary>Makes one, in the place of any other.</summary>
    /// <returns>Null if there can be none that a freeze can't hold up.</returns>
    internal static FreezeJournal? TryMake(string path)
    {
        if (!RuntimeDirectory.TryMake(Path.GetDirectoryName(path)!, isFrozen: true))
            return null;
        _ = LibC.Unlink(path);
        return TryOpen(path, LibC.O_CREAT | LibC.O_EXCL);
    }

    /// <summary>Opens the one that is there.</summary>
    /// <returns>Null if there is none that a freeze can't hold up.</returns>
    internal static FreezeJournal? TryOpen(string path) => LibC.IsInMemory(path) ? TryOpen(path, flags: 0) : null;

    /// <summary>Has memory for what is going to be written, before the freeze: to ask for it then may have to wait for a frozen filesystem.</summary>
    internal void Reserve(int fileSystems)
    {
        if (LibC.Status(Descriptor, out var now) == Errno.Success)
            _ = LibC.Allocate(Descriptor, now.Size + BytesBeside + ((long)fileSystems * BytesPerFileSystem));
    }

    /// <returns>Whether they were written.</returns>
    internal bool TryWrite(params IEnumerable<FreezeEvent> events)
    {
        using var lines = new MemoryStream();
        foreach (var each in events)
            lines.Write(each.ToLine());
        return LibC.WriteAll(Descriptor, lines.GetBuffer().AsSpan(0, (int)lines.Length)) == Errno.Success;
    }

    /// <summary>All that anybody has written; empty if it can't be read.</summary>
    internal List<FreezeEvent> Read()
    {
        List<FreezeEvent> events = [];
        if (LibC.Seek(Descriptor, 0, LibC.SEEK_SET, out _) != Errno.Success
            || LibC.ReadToEnd(Descriptor, out var content, LongestJournal) != Errno.Success)
            return events;
        foreach (var line in content.AsSpan().Split((byte)'\n'))
        {
            if (FreezeEvent.Parse(content.AsSpan(line)) is { } parsed)
                events.Add(parsed);
        }

        return events;
    }

    /// <summary>Takes it away, if it is still in place.</summary>
    internal void Remove()
    {
        if (IsInPlace)
            _ = LibC.Unlink(_path!);
    }

    public void Dispose() => Descriptor.Dispose();

    private static FreezeJournal? TryOpen(string path, int flags)
    {
        // Each line goes behind all others, whoever else writes.
        if (LibC.Open(path, flags | LibC.O_RDWR | LibC.O_APPEND | LibC.O_NOFOLLOW, FileModes.OwnersFile, out var file) == Errno.Success)
            return new FreezeJournal(file, path);
        file.Dispose();
        return null;
    }
}
