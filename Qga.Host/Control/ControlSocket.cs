using System.Globalization;
using Qga.Host.Channels;
using Qga.Host.CommandLine;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Logging;
using Qga.Platform.State;
using Qga.Platform.Streams;
using Qga.Platform.Work;
using Qga.Transport.Channels;

namespace Qga.Host.Control;

/// <summary>
/// Where root on the guest itself reaches each agent: a unix socket by its process id, in a directory that is root's alone. It speaks the
/// agent's own protocol, and beyond that <see cref="ControlActor.StatusCommand"/>.
/// </summary>
internal static class ControlSocket
{
    internal const string Directory = RuntimeDirectory.Path;

    /// <summary>What it is called beside the kinds of channels to a host.</summary>
    internal const string Channel = FreezeAsker.RootsChannel;

    private const string Suffix = ".sock";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    internal static string PathOf(int process) => $"{Directory}/{process}{Suffix}";

    /// <summary>
    /// Has it served once it is open. In a guest that is frozen a worker opens it, as the directory may be on a filesystem that is frozen; else
    /// it is there before a host is answered.
    /// </summary>
    internal static void Serve(bool isFrozen, WorkerPool workers, AgentLog log, Action<IChannelSource> serve)
    {
        ListenerSource? socket = null;
        if (isFrozen)
        {
            workers.TryStart(Open, ServeIfOpen, isCleanup: true, name: "opening the control socket");
        }
        else
        {
            Open();
            ServeIfOpen();
        }

        void Open() => socket = TryOpen(log);

        void ServeIfOpen()
        {
            if (socket is null)
                return;
            try
            {
                serve(socket);
            }
            catch (InvalidOperationException)
            {
                // The agent ends as soon as it has started.
                socket.Dispose();
                Remove();
            }
        }
    }

    /// <summary>Starts to listen; may wait for the thaw of the filesystem that the directory is on.</summary>
    /// <returns>Null if there can be no such socket, which the log then says.</returns>
    private static ListenerSource? TryOpen(AgentLog log)
    {
        // Somebody else could not make the directory, and has nobody to tell of it.
        if (!Environment.IsPrivilegedProcess)
            return null;
        try
        {
            RuntimeDirectory.Make();
            RemoveLeftovers();
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

    /// <summary>Removes the sockets of agents that could not do so themselves: they were killed, or ended while the guest was frozen.</summary>
    internal static void RemoveLeftovers()
    {
        foreach (var process in Owners().Where(process => !Path.Exists($"/proc/{process}")))
            Remove(process);
    }

    /// <summary>The processes that one is named after, whether or not they still run, or are agents.</summary>
    internal static IEnumerable<int> Owners() => !Environment.IsPrivilegedProcess || !System.IO.Directory.Exists(Directory) ? [] :
        from file in System.IO.Directory.EnumerateFiles(Directory, $"*{Suffix}")
        let name = Path.GetFileNameWithoutExtension(file)
        where int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select int.Parse(name, CultureInfo.InvariantCulture);

    /// <summary>Removes our socket.</summary>
    internal static void Remove() => Remove(Environment.ProcessId);

    private static void Remove(int process)
    {
        try
        {
            File.Delete(PathOf(process));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next agent removes what is left behind.
        }
    }
}
