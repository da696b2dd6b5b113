using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Audit;
using Qga.Platform.Policy;
using Qga.Platform.Power;
using Qga.Transport.Protocol;

namespace Qga.Actors.Power;

/// <summary><c>guest-shutdown</c>: has the guest go down.</summary>
public sealed record GuestShutdown(string? Mode) : ICommand<IGuestPower>
{
    /// <remarks>qemu-ga's C library prints a string that is not there in this way.</remarks>
    public string AuditText => $"guest-shutdown called, mode: {Mode ?? "(null)"}";

    public bool Changes => true;

    public void Tell(AuditMembers what, bool hasArguments) => what.Add("mode", Mode ?? "powerdown");

    public PolicyRequest Facts(PolicyRequest request) => request with { ShutdownMode = Mode ?? "powerdown" };

    public static GuestShutdown Parse(QmpArguments arguments) => new(arguments.OptionalString("mode"));

    public static CommandDescription Describe() => new("Has the guest go down.")
    {
        Since = "0.15",
        Arguments = [new("mode", "how") { Default = "powerdown", Words = ["halt", "powerdown", "reboot"], ElementType = "GuestShutdownMode" }],
        Changes = "the guest goes down",
        Errors = [new("mode is invalid (valid values are: halt|powerdown|reboot", "it is another word")],
        Notes = ["That the guest goes down is not answered; only that it can't is."],
    };

    public IQmpValue Execute(IGuestPower power)
    {
        power.ShutDown(Mode switch
        {
            null or "powerdown" => ShutdownMode.PowerDown,
            "halt" => ShutdownMode.Halt,
            "reboot" => ShutdownMode.Reboot,
            _ => throw new CommandException("mode is invalid (valid values are: halt|powerdown|reboot"),
        });
        return QmpValue.Empty;
    }
}
