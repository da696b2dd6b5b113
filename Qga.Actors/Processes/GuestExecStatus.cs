using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processes;

/// <summary><c>guest-exec-status</c>: whether a process that <c>guest-exec</c> started has ended, how, and what it printed.</summary>
public sealed record GuestExecStatus(long Pid) : ICommand
{
    public string Account => $"guest-exec-status called, pid: {Pid}";

    public static GuestExecStatus Parse(QmpArguments arguments) => new(arguments.Integer("pid"));
}
