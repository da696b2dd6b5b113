using Qga.Actors.Commands;
using Qga.Platform;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-set-vcpus</c>: has processors work or rest, in the order given, up to the first that fails.</summary>
public sealed record GuestSetVcpus(IReadOnlyList<GuestSetVcpus.Element> Vcpus) : ICommand<GuestProcessors>
{
    public static GuestSetVcpus Parse(QmpArguments arguments) => new(arguments.Objects("vcpus", Element.Parse));

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
