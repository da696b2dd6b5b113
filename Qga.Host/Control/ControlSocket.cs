using System.Globalization;
using Qga.Host.CommandLine;
using Qga.Platform.Logging;
using Qga.Platform.Streams;
using Qga.Transport;
using Qga.Transport.Channels;

namespace Qga.Host.Control;

/// <summary>
/// Where root on the guest itself reaches each agent: a unix socket by its process id, in a directory that is root's alone. It speaks the
/// agent's own protocol, and beyond that <see cref="ControlActor.StatusCommand"/>.
/// </summary>
internal static class ControlSocket
{
    internal const string Directory = "/run/qga";

    private const string Suffix = ".sock";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The processes that have one, for as long as they run.</summary>
    internal static IReadOnlyList<int> Agents() => Environment.IsPrivilegedProcess ? [.. Owners().Where(IsRunning).Order()] : [];

    internal static string PathOf(int process) => $"{Directory}/{process}{Suffix}";

    /// <summary>Starts to listen; may wait for the thaw of the filesystem that the directory is on.</summary>
    /// <returns>Null if there can be no such socket, which the log then says.</returns>
    internal static IChannelSource? TryOpen(AgentLog log)
    {
        // Somebody else could not make the directory, and has nobody to tell of it.
        if (!Environment.IsPrivilegedProcess)
            return null;
        try
        {
            System.IO.Directory.CreateDirectory(Directory, OwnerOnly | UnixFileMode.UserExecute);
            foreach (var process in Owners().Where(process => !IsRunning(process)))
                File.Delete(PathOf(process));
            var source = ChannelSources.Listener(() => SocketListener.ListenUnix(PathOf(Environment.ProcessId), OwnerOnly));
            source.Open();
            return source;
        }
        catch (Exception failure) when (failure is ChannelException or IOException or UnauthorizedAccessException)
        {
            log.Write(LogLevel.Warning, $"\"{Usage.ProgramName} status\" can't ask this agent: {failure.Message}");
            return null;
        }
    }

    /// <summary>Those that one is named after, whether or not they still run.</summary>
    private static IEnumerable<int> Owners() => !System.IO.Directory.Exists(Directory) ? [] :
        from file in System.IO.Directory.EnumerateFiles(Directory, $"*{Suffix}")
        let name = Path.GetFileNameWithoutExtension(file)
        where int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select int.Parse(name, CultureInfo.InvariantCulture);

    private static bool IsRunning(int process) => Path.Exists($"/proc/{process}");

    /// <summary>Removes our socket.</summary>
    internal static void Remove()
    {
        try
        {
            File.Delete(PathOf(Environment.ProcessId));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next agent removes what is left behind.
        }
    }
}
