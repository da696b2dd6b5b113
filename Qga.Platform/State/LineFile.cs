using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.State;

/// <summary>
/// A small file of lines in a directory of root's alone, of which the last are kept. It is written only if that is in memory: whoever freezes
/// the guest must never wait for it.
/// </summary>
/// <param name="path">Where it is.</param>
/// <param name="most">How many lines it may have.</param>
/// <param name="isMinor">Whether a line is worth less than others: only a quarter of all may be such; null for none.</param>
public sealed class LineFile(string path, int most, Func<string, bool>? isMinor = null)
{
    /// <summary>How large it may get, but for a last line that is larger on its own.</summary>
    public const int MostBytes = 2 * 1024 * 1024;

    private const int LargestFile = 32 * MostBytes;

    /// <summary>For another agent that writes just now. One that was stopped in the middle of it holds up nobody for longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly string _directory = Path.GetDirectoryName(path)!;

    /// <summary>All lines; none if the file is not there, or a freeze might be in the way.</summary>
    public IReadOnlyList<string> Read()
    {
        if (!LibC.IsInMemory(_directory) || LibC.Open(path, LibC.O_RDONLY | LibC.O_NOFOLLOW, out var file) != Errno.Success)
            return [];
        using (file)
            return LibC.ReadToEnd(file, out var content, LargestFile) == Errno.Success ? Encoding.UTF8.GetString(content).Split('\n')[..^1] : [];
    }

    /// <summary>Adds a line behind the others.</summary>
    /// <param name="line">Without its line feed.</param>
    /// <param name="head">Takes the place of a line that begins with this.</param>
    /// <returns>Whether it was written.</returns>
    public bool Replace(string line, string head)
    {
        if (!RuntimeDirectory.TryMake(_directory, isFrozen: true))
            return false;
        var turn = AwaitTurn();
        try
        {
            return ReplaceInTurn(line, head);
        }
        finally
        {
            LibC.CloseLocked(turn);
        }
    }

    /// <summary>Takes away the oldest until the rest may be kept.</summary>
    public void Shorten(List<string> lines)
    {
        while (isMinor is not null && lines.Count(isMinor) > most / 4)
            lines.RemoveAt(lines.FindIndex(line => isMinor(line)));
        while (lines.Count > most || (lines.Count > 1 && lines.Sum(each => (long)each.Length + 1) > MostBytes))
            lines.RemoveAt(0);
    }

    private bool ReplaceInTurn(string line, string head)
    {
        List<string> lines = [.. Read().Where(other => !other.StartsWith(head, StringComparison.Ordinal)), line];
        Shorten(lines);

        // Whoever reads meanwhile has the old file or the new one.
        var fresh = $"{path}.{Environment.ProcessId}";
        _ = LibC.Unlink(fresh);
        var errno = LibC.Open(fresh, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW, FileModes.OwnersFile, out var file);
        using (file)
        {
            if (errno == Errno.Success)
                errno = LibC.WriteAll(file, Encoding.UTF8.GetBytes(string.Concat(lines.Select(each => $"{each}\n"))));
        }

        if (errno == Errno.Success)
            errno = LibC.Rename(fresh, path);
        if (errno != Errno.Success)
            _ = LibC.Unlink(fresh);
        return errno == Errno.Success;
    }

    /// <summary>
    /// Agents of several state directories share the file. The lock is the directory's: the file itself is another one each time.
    /// </summary>
    private SafeFileHandle AwaitTurn()
    {
        _ = LibC.Open(_directory, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW, out var directory);
        var waited = Stopwatch.StartNew();
        while (LibC.LockExclusively(directory) == Errno.EAGAIN && waited.Elapsed < Patience)
            Thread.Sleep(TimeSpan.FromMilliseconds(1));
        return directory;
    }
}
