using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Processes;

/// <summary>
/// Which program a process is, and which filesystems it sees. An agent, its guardian and its program keeper believe each other by that, beyond the
/// user:
/// a container's root has another mount namespace. The path stands for the file: an upgrade replaces the file under a process that
/// goes on, and whoever can put another one at its path could replace the agent itself.
/// </summary>
/// <param name="Executable">The path of its executable.</param>
/// <param name="MountNamespace">Its mount namespace, as the kernel names it.</param>
internal sealed record ProgramIdentity(string Executable, string MountNamespace)
{
    private const string Deleted = " (deleted)";

    /// <summary>That of a process; null if it has ended, or is kept from us.</summary>
    internal static ProgramIdentity? Of(int process) =>
        ExecutableOf(process) is { Length: > 0 } executable && MountNamespaceOf(process) is { } mounts
            ? new ProgramIdentity(executable, mounts)
            : null;

    /// <summary>Whether a process is this. Most are not by their executable alone.</summary>
    internal bool IsOf(int process) => ExecutableOf(process) == Executable && MountNamespaceOf(process) == MountNamespace;

    /// <summary>The path of the executable of a process, deleted or not; empty if it has none, has ended, or is kept from us.</summary>
    internal static string ExecutableOf(int process) =>
        LibC.ReadLink($"/proc/{process}/exe", out var executable) == Errno.Success ? WithoutMark(executable) : "";

    /// <summary>That of a child which runs the given program.</summary>
    /// <param name="program">Its path, or a link to it in /proc.</param>
    internal static ProgramIdentity? OfChild(string program) => Of(Environment.ProcessId) is { } ours
        ? ours with { Executable = LibC.ReadLink(program, out var target) == Errno.Success ? WithoutMark(target) : program }
        : null;

    /// <summary>That of the process at the other end of a socket.</summary>
    internal static ProgramIdentity? OfPeer(SafeFileHandle connection) =>
        LibC.PeerCredentials(connection, out var peer) == Errno.Success ? Of(peer.Process) : null;

    /// <summary>Whether the process at the other end of a socket runs as we do: our user, our program, and the filesystems that we see.</summary>
    internal static bool IsOurs(SafeFileHandle connection) => Of(Environment.ProcessId) is { } ours && ours.IsOfPeer(connection);

    /// <summary>Whether the process at the other end of a socket, which has connected or listens there, is ours, and is this.</summary>
    internal bool IsOfPeer(SafeFileHandle connection)
    {
        if (LibC.PeerCredentials(connection, out var peer) != Errno.Success || peer.User != LibC.EffectiveUserId() || peer.Process <= 0)
            return false;

        // What /proc tells is about the peer if that lives on afterwards: nobody else can have had its number.
        var before = ProcessStat.Of(peer.Process);
        if (!IsOf(peer.Process))
            return false;
        var errno = LibC.PeerProcess(connection, out var process);
        using (process)
        {
            return errno == Errno.Success
                ? !LibC.HasEnded(process)
                : errno is Errno.ENOPROTOOPT && before is not null && ProcessStat.Of(peer.Process)?.Started == before.Started;
        }
    }

    private static string? MountNamespaceOf(int process) =>
        LibC.ReadLink($"/proc/{process}/ns/mnt", out var mounts) == Errno.Success ? mounts : null;

    private static string WithoutMark(string path) => path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
}
