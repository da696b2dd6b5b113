using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Trust;

namespace Qga.Platform.Policy;

/// <summary>
/// What a path has led to, held by a descriptor that opens nothing (<c>O_PATH</c>): whatever becomes of the path, what is decided of it
/// is decided of that. A file that is not there is the directory where it would be, and its name.
/// </summary>
public sealed class ResolvedFile : IDisposable
{
    private readonly string _asked;
    private readonly Lazy<IReadOnlyList<string>?> _otherPaths;

    // What the kernel has told of paths of rules, as long as it is decided of this file: rules have the same few.
    private readonly Dictionary<string, (Errno Errno, LibC.FileStatus Status)> _statuses = [];
    private readonly Dictionary<string, (Errno Errno, string? Path)> _directories = [];
    private readonly Dictionary<string, Way> _ways = [];

    private ResolvedFile(string asked, Errno errno, SafeFileHandle handle, LibC.FileStatus status, string? missing)
    {
        (_asked, Errno, Handle, Status, Missing) = (asked, errno, handle, status, missing);
        _otherPaths = new Lazy<IReadOnlyList<string>?>(() => Path is null ? [] : PathsByOtherMounts());
        Path = PathOf(handle, status) is not { } path ? null : missing is null ? path : path == "/" ? $"/{missing}" : $"{path}/{missing}";
    }

    /// <summary>Where it is; null if no name in this tree of mounts leads to it: it was removed, is in a tree of others, or is no file.</summary>
    public string? Path { get; }

    /// <summary>The name by which it was asked for, in the directory where that really is; it may be a link. Null if nobody can tell.</summary>
    internal string? Place => _asked.LastIndexOf('/') is >= 0 and var end && PathOfDirectory(end == 0 ? "/" : _asked[..end]).Path is { } directory
        ? $"{(directory == "/" ? "" : directory)}/{_asked[(end + 1)..]}"
        : null;

    /// <summary>Why it can't be opened: there is no such file, or another reason.</summary>
    internal Errno Errno { get; }

    /// <summary>The file; if there is none, the directory that is nearest.</summary>
    internal SafeFileHandle Handle { get; }

    /// <summary>Of what <see cref="Handle"/> is.</summary>
    internal LibC.FileStatus Status { get; }

    /// <summary>What is missing in that directory, which is one name if it may be made; null for a file that is there.</summary>
    internal string? Missing { get; }

    /// <summary>Whether <see cref="Missing"/> can be made.</summary>
    internal bool CanBeMade => Errno == Errno.ENOENT && Missing?.Contains('/', StringComparison.Ordinal) == false;

    /// <summary>
    /// Whether it may be what nobody who has named the place has thought of: a file with several hard links, which has other names elsewhere. A
    /// program is a copy as well as a link, so it doesn't matter for those.
    /// </summary>
    internal bool HasOtherNames => !IsProgram && Missing is null && Status is { IsRegularFile: true, Links: > 1 };

    /// <summary>Whether it is about to be run.</summary>
    internal bool IsProgram { get; init; }

    /// <summary>Whether there is no file at all, of which no path of a rule speaks.</summary>
    public bool IsNowhere { get; private init; }

    /// <summary>Under which names other mounts of the same filesystem show it; null if that can't be told.</summary>
    internal IReadOnlyList<string>? OtherPaths => _otherPaths.Value;

    /// <summary>Resolves a path, and opens, makes and empties nothing on the way. May get stuck in the kernel.</summary>
    public static ResolvedFile Open(string path, bool isProgram = false)
    {
        var errno = LibC.Open(path, LibC.O_PATH, out var handle);
        return errno == Errno.Success ? Of(path, errno, handle, missing: null, isProgram) : OpenMissing(path, errno, isProgram);
    }

    /// <summary>A program that was looked for in directories, and is in none.</summary>
    internal static ResolvedFile Nowhere(string name, Errno errno) =>
        new(name, errno, new SafeFileHandle(), default, missing: null) { IsProgram = true, IsNowhere = true };

    /// <summary>Goes by the path to the very file anew, with the rights that the calling thread has by now.</summary>
    /// <returns>Null if those do not suffice, or something else is there.</returns>
    internal ResolvedFile? TryReach(out Errno errno)
    {
        errno = Errno == Errno.Success || CanBeMade ? Errno.EACCES : Errno;
        if (Path is null)
            return null;
        var again = Open(Path, IsProgram);
        if (!again.Handle.IsInvalid && again.Status.IsSameFileAs(Status) && again.Missing == Missing)
            return again;
        if (again.Errno is not (Errno.Success or Errno.ENOENT))
            errno = again.Errno;
        again.Dispose();
        return null;
    }

    /// <summary>Whether another path leads to this file, or to the place where it would be; null if that can't be told.</summary>
    internal bool? Is(string path)
    {
        var end = path.LastIndexOf('/');
        if (Missing is not null && path[(end + 1)..] != Missing)
            return false;
        var place = Missing is null ? path : end == 0 ? "/" : path[..end];
        if (!_statuses.TryGetValue(place, out var found))
            _statuses[place] = found = (LibC.Status(place, out var status), status);
        return found.Errno == Errno.Success ? found.Status.IsSameFileAs(Status) : LeadsNowhere(found.Errno) ? false : null;
    }

    /// <summary>Where a directory of a rule really is; null if it is none, or that can't be told.</summary>
    internal string? RealPathOf(string directory, out bool isKnown)
    {
        if (!_directories.TryGetValue(directory, out var found))
            _directories[directory] = found = PathOfDirectory(directory);
        isKnown = found.Path is not null || LeadsNowhere(found.Errno);
        return found.Path;
    }

    /// <summary>The way that a path of a rule takes.</summary>
    internal Way WayOf(string path)
    {
        if (!_ways.TryGetValue(path, out var way))
        {
            using var walk = PathWalk.Along(path);
            var isHere = walk.Missing == Missing && walk.Status.IsSameFileAs(Status);
            _ways[path] = way = new Way(isHere, walk.Missing is null ? PathOf(walk.Handle, walk.Status) : null, walk.Weakness);
        }

        return way;
    }

    /// <summary>Any other failure may be one to look, of what is there.</summary>
    private static bool LeadsNowhere(Errno errno) => errno is Errno.ENOENT or Errno.ENOTDIR;

    private static (Errno Errno, string? Path) PathOfDirectory(string path)
    {
        var errno = LibC.Open(path, LibC.O_PATH | LibC.O_DIRECTORY, out var handle);
        using (handle)
        {
            var status = default(LibC.FileStatus);
            if (errno == Errno.Success)
                errno = LibC.Status(handle, out status);
            return (errno, errno == Errno.Success ? PathOf(handle, status) : null);
        }
    }

    /// <summary>A name under which the calling thread's process can open the very file again.</summary>
    internal static string NameOf(SafeFileHandle handle) =>
        $"/proc/self/fd/{handle.DangerousGetHandle().ToString(CultureInfo.InvariantCulture)}";

    public void Dispose() => Handle.Dispose();

    private static ResolvedFile Of(string asked, Errno errno, SafeFileHandle handle, string? missing, bool isProgram)
    {
        if (LibC.Status(handle, out var status) is not Errno.Success and var lost)
            errno = lost;
        return new ResolvedFile(asked, errno, handle, status, missing) { IsProgram = isProgram };
    }

    /// <summary>
    /// The nearest directory that is there: whether a file is missing is nothing to tell to somebody who may not open it. A name that a
    /// directory can't have leads nowhere.
    /// </summary>
    private static ResolvedFile OpenMissing(string path, Errno errno, bool isProgram)
    {
        for (var end = path.LastIndexOf('/'); errno == Errno.ENOENT && path.Length > 0; end = end > 0 ? path.LastIndexOf('/', end - 1) : -1)
        {
            var directory = end < 0 ? "." : end == 0 ? "/" : path[..end];
            if (LibC.Open(directory, LibC.O_PATH | LibC.O_DIRECTORY, out var handle) == Errno.Success)
            {
                var missing = path[(end + 1)..];
                if (missing.Split('/').All(name => name is not ("" or "." or "..")))
                    return Of(path, errno, handle, missing, isProgram);
                handle.Dispose();
                break;
            }

            handle.Dispose();
            if (end <= 0)
                break;
        }

        return new ResolvedFile(path, errno, new SafeFileHandle(), default, missing: null) { IsProgram = isProgram };
    }

    private static string? PathOf(SafeFileHandle handle, LibC.FileStatus status)
    {
        if (handle.IsInvalid || LibC.ReadLink(NameOf(handle), out var path) != Errno.Success || !path.StartsWith('/'))
            return null;

        // The kernel tells a path for what is in another tree of mounts, or was removed, as well. It is that of something else, or of nothing.
        return LibC.LinkStatus(path, out var found) == Errno.Success && found.IsSameFileAs(status) ? path : null;
    }

    private List<string>? PathsByOtherMounts()
    {
        if (KernelFile.Read("/proc/self/mountinfo", out var text) != Errno.Success)
            return null;
        var mounts = MountInfo.Parse(text);

        // A kernel before 5.8 does not tell the mount: it is the last on the deepest mount point.
        var own = Status.HasMountId
            ? mounts.FirstOrDefault(mount => (ulong)mount.Id == Status.MountId)
            : mounts.Where(mount => Below(Path!, mount.MountPoint) is not null).OrderBy(mount => mount.MountPoint.Length).LastOrDefault();
        if (own is null || Below(Path!, own.MountPoint) is not { } inside)
            return null;
        List<string> paths = [];
        var place = own.Root == "/" ? inside : own.Root + inside;
        foreach (var other in mounts)
        {
            if (other != own && other.Device == own.Device && Below(place, other.Root) is { } rest)
                paths.Add(other.MountPoint == "/" ? rest : other.MountPoint + rest);
        }

        return paths;
    }

    /// <summary>What of a path is below a directory, with its slash; null if it is elsewhere.</summary>
    private static string? Below(string path, string directory) =>
        directory == "/" ? path :
        path == directory ? "" :
        path.StartsWith(directory, StringComparison.Ordinal) && path[directory.Length] == '/' ? path[directory.Length..] : null;
}

/// <summary>Where a path of a rule has led.</summary>
/// <param name="IsHere">To the file, or to the place where it would be.</param>
/// <param name="RealPath">Where its end is; null if it has none, or no name leads there.</param>
/// <param name="Weakness">How others could have had it lead elsewhere; null if they could not.</param>
internal sealed record Way(bool IsHere, string? RealPath, PathWeakness? Weakness);
