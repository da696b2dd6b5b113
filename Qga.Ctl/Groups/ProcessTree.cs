using System.Globalization;
using System.Text;

namespace Qga.Ctl.Groups;

/// <summary>
/// A program and all that it has started, by /proc. What has lost its parent is known by a variable of its environment, and is a child of
/// this process, which adopts orphans.
/// </summary>
/// <param name="root">The program's process.</param>
/// <param name="mark">The variable, as <c>NAME=VALUE</c>.</param>
internal sealed class ProcessTree(int root, string mark)
{
    private readonly byte[] _mark = Encoding.UTF8.GetBytes($"\0{mark}\0");
    private readonly HashSet<int> _known = [];

    /// <summary>Those that have not ended.</summary>
    internal List<int> Alive()
    {
        Add(root);
        foreach (var orphan in ChildrenOf(Environment.ProcessId).Where(child => child != root && IsMarked(child)))
            Add(orphan);

        // An orphan that has ended stays a child of ours: no other process gets its number.
        return [.. _known.Where(IsAlive)];
    }

    private void Add(int process)
    {
        _known.Add(process);
        foreach (var child in ChildrenOf(process))
            Add(child);
    }

    private bool IsMarked(int process) =>
        Read($"/proc/{process}/environ") is { } environment && ((byte[])[0, .. environment]).AsSpan().IndexOf(_mark) >= 0;

    /// <remarks>The state follows the name, which may have any characters in it (proc_pid_stat(5)).</remarks>
    private static bool IsAlive(int process) => Read($"/proc/{process}/stat") is { } stat
        && stat.AsSpan().LastIndexOf((byte)')') is > 0 and var name && name + 2 < stat.Length && stat[name + 2] is not ((byte)'Z' or (byte)'X');

    private static IEnumerable<int> ChildrenOf(int process)
    {
        string[] threads;
        try
        {
            threads = Directory.GetDirectories($"/proc/{process}/task");
        }
        catch (IOException)
        {
            return [];      // it has ended
        }

        return
            from thread in threads
            from child in Encoding.ASCII.GetString(Read($"{thread}/children") ?? []).Split(' ', StringSplitOptions.RemoveEmptyEntries)
            select int.Parse(child, CultureInfo.InvariantCulture);
    }

    /// <returns>Null if it has ended, or is not ours to look at.</returns>
    private static byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
