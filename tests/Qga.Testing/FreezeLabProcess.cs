using System.ComponentModel;

namespace Qga.Testing;

/// <summary>A process in the namespace of a <see cref="FreezeLab"/>, whoever started it, with its arguments as one text.</summary>
public sealed record FreezeLabProcess(int Pid, string Command)
{
    /// <summary>Whether it is the daemon of a filesystem.</summary>
    public bool IsFileSystem => Command.StartsWith("/bin/bindfs ", StringComparison.Ordinal) || Command.StartsWith("/bin/ntfs-3g ", StringComparison.Ordinal);

    public bool IsAlive => State is not (null or 'Z' or 'X');

    /// <summary>The letter that ps(1) shows; null if there is no such process.</summary>
    public char? State => StateOf($"/proc/{Pid}");

    /// <summary>Whether one of its threads hangs in the kernel, as in a frozen filesystem.</summary>
    public bool IsStuck => Directory.EnumerateDirectories($"/proc/{Pid}/task").Any(thread => StateOf(thread) == 'D');

    public void Send(Signal signal)
    {
        try
        {
            signal.Send(Pid);
        }
        catch (Win32Exception) when (!IsAlive)
        {
            // It was quicker.
        }
    }

    private static char? StateOf(string process)
    {
        try
        {
            var stat = File.ReadAllText($"{process}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Lists the processes in a mount namespace other than ours: what is found is going to be killed.</summary>
    public static IReadOnlyList<FreezeLabProcess> In(string mountNamespace)
    {
        AssertNotOurs(mountNamespace);
        return [.. All(mountNamespace)];
    }

    internal static void AssertNotOurs(string mountNamespace)
    {
        if (mountNamespace == new FileInfo("/proc/self/ns/mnt").LinkTarget)
            throw new InvalidOperationException("the lab has no namespace of its own");
    }

    private static IEnumerable<FreezeLabProcess> All(string mountNamespace)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[^1])))
        {
            string command;
            try
            {
                if (new FileInfo($"{folder}/ns/mnt").LinkTarget != mountNamespace)
                    continue;
                command = File.ReadAllText($"{folder}/cmdline").Replace('\0', ' ').TrimEnd();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            yield return new FreezeLabProcess(int.Parse(Path.GetFileName(folder)), command);
        }
    }
}
