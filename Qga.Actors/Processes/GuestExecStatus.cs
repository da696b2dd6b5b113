using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Audit;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processes;

/// <summary><c>guest-exec-status</c>: whether a process that <c>guest-exec</c> started has ended, how, and what it printed.</summary>
public sealed record GuestExecStatus(long Pid) : ICommand
{
    public string AuditText => $"guest-exec-status called, pid: {Pid}";

    public void Tell(AuditMembers what, bool hasArguments) => what.Add("pid", Pid);

    public static GuestExecStatus Parse(QmpArguments arguments) => new(arguments.Integer("pid"));

    public static CommandDescription Describe() => new("Tells whether a program of guest-exec has ended, how, and what it printed.")
    {
        Since = "2.5",
        Arguments = [new("pid", "the process, as guest-exec gave it")],
        Result = SchemaType.StructureOf(
            "GuestExecStatus",
            "A process.",
            new("exited", SchemaType.Boolean, "whether it has ended; all else is left out until then"),
            new("exitcode", SchemaType.Integer, "its exit code; left out if a signal ended it") { IsOptional = true },
            new("signal", SchemaType.Integer, "the signal that has ended it") { IsOptional = true },
            new("out-data", SchemaType.Base64, "the first 16 MiB of its output; left out if there is none") { IsOptional = true },
            new("err-data", SchemaType.Base64, "the same of its error output") { IsOptional = true },
            new("out-truncated", SchemaType.Boolean, "whether there was more; there if `out-data` is") { IsOptional = true },
            new("err-truncated", SchemaType.Boolean, "whether there was more; there if `err-data` is") { IsOptional = true }),
        Errors = [new("PID PID does not exist", "it was not started by guest-exec, or its end was fetched more than 10 minutes ago")],
        Notes = ["The end can be asked for again for 10 minutes; qemu-ga forgets it with the first answer."],
    };
}
