using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform;
using Qga.Platform.Audit;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-set-vcpus</c>: has processors work or rest, in the order given, up to the first that fails.</summary>
public sealed record GuestSetVcpus(IReadOnlyList<GuestSetVcpus.Element> Vcpus) : ICommand<GuestProcessors>
{
    public bool Changes => true;

    public void Tell(AuditMembers what, bool hasArguments) => what
        .Add("online", [.. Vcpus.Where(vcpu => vcpu.IsOnline).Select(vcpu => $"{vcpu.LogicalId}")])
        .Add("offline", [.. Vcpus.Where(vcpu => !vcpu.IsOnline).Select(vcpu => $"{vcpu.LogicalId}")]);

    public static GuestSetVcpus Parse(QmpArguments arguments) => new(arguments.Objects("vcpus", Element.Parse));

    public static CommandDescription Describe() => new("Has processors work or rest, in the order given, up to the first that fails.")
    {
        Since = "1.5",
        Arguments =
        [
            new("vcpus", "which, as guest-get-vcpus tells them")
            {
                ElementType = "GuestLogicalProcessorChange",
                Members =
                [
                    new("logical-id", "the kernel's number of it"), new("online", "whether it is to work"),
                    new("can-offline", "not looked at"),
                ],
            },
        ],
        Result = SchemaType.Integer,
        Changes = "these processors",
        Errors = [new("logical processor #NUMBER can't be offlined", "the first of the list can't rest")],
        Notes = ["The result is how many are as they were wanted. If the first fails it is an error; asked anew for the rest, so is that."],
    };

    /// <returns>How many are as they were wanted; the host asks anew for the rest, and hears then why it fails.</returns>
    public IQmpValue Execute(GuestProcessors guest)
    {
        var done = 0;
        try
        {
            for (; done < Vcpus.Count; done++)
                guest.Processors.SetOnline(Vcpus[done].LogicalId, Vcpus[done].IsOnline);
        }
        catch (PlatformException) when (done > 0)
        {
            // What was done is done, and the number says so.
        }

        return QmpValue.Of(done);
    }

    /// <summary>One processor, as <c>guest-get-vcpus</c> tells it and the host gives it back; whether it can be offline is no wish.</summary>
    public sealed record Element(long LogicalId, bool IsOnline)
    {
        internal static Element Parse(QmpArguments arguments)
        {
            var element = new Element(arguments.Integer("logical-id"), arguments.Boolean("online"));
            arguments.OptionalBoolean("can-offline");
            return element;
        }
    }
}
