using System.Globalization;

namespace Qga.Testing;

/// <summary>A process of a <see cref="FreezeLab"/>, whoever started it, with its number on the machine and its arguments as one text.</summary>
public sealed record FreezeLabProcess(int Pid, string Command, string Namespace)
{
    /// <summary>Whether it is the daemon of a filesystem.</summary>
    public bool IsFileSystem =>
        Command.StartsWith("/bin/bindfs ", StringComparison.Ordinal) || Command.StartsWith("/bin/ntfs-3g ", StringComparison.Ordinal);

    public bool IsAlive => State is not (null or 'Z' or 'X');

    /// <summary>The letter that ps(1) shows; null if there is no such process.</summary>
    public char? State => ProcessStatus.State(Pid);

    /// <summary>Whether one of its threads hangs in the kernel, as in a frozen filesystem.</summary>
    public bool IsStuck => Threads().Any(thread => ProcessStatus.StateIn(thread) == 'D');

    /// <summary>Sends it a signal, unless it has ended: its number may be anybody's then.</summary>
    public void Send(Signal signal)
    {
        using var handle = new ProcessHandle(Pid);
        if (NamespaceOf(Pid) == Namespace)
            handle.TrySend(signal);
    }

    private string[] Threads()
    {
        try
        {
            return Directory.GetDirectories($"/proc/{Pid}/task");
        }
        catch (DirectoryNotFoundException)
        {
            return [];      // it has ended
        }
    }

    /// <summary>Lists the processes in a pid namespace other than ours: what is found is going to be killed.</summary>
    public static IReadOnlyList<FreezeLabProcess> In(string pidNamespace)
    {
        AssertNotOurs(pidNamespace);
        return [.. All(pidNamespace)];
    }

    internal static void AssertNotOurs(string pidNamespace)
    {
        if (pidNamespace == NamespaceOf(Environment.ProcessId))
            throw new InvalidOperationException("the lab has no namespace of its own");
    }

    /// <summary>The name of the pid namespace of a process; null once it has ended.</summary>
    internal static string? NamespaceOf(int pid) => new FileInfo($"/proc/{pid}/ns/pid").LinkTarget;

    private static IEnumerable<FreezeLabProcess> All(string pidNamespace)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[^1])))
        {
            string command;
            var pid = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            try
            {
                if (NamespaceOf(pid) != pidNamespace)
                    continue;
                command = File.ReadAllText($"{folder}/cmdline").Replace('\0', ' ').TrimEnd();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            yield return new FreezeLabProcess(pid, command, pidNamespace);
        }
    }
}
