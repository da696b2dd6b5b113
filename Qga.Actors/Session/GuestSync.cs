using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Session;

/// <summary><c>guest-sync</c> and <c>guest-sync-delimited</c>: give the id back, so that a client finds its place in the stream.</summary>
public sealed record GuestSync(long Id) : ICommand<SessionState>
{
    public static GuestSync Parse(QmpArguments arguments) => new(arguments.Integer("id"));

    public static CommandDescription Describe() => new(
        "Gives the id back, so that a client that can't know what a former one left behind finds its place.")
    {
        Since = "0.15",
        Arguments = [new("id", "any number that no answer before it has")],
        Result = SchemaType.Integer,
        Notes =
        [
            "If an earlier request of the channel is still unfinished after sync-grace (a second), it is given up: "
                + "the sync is answered and the late answer dropped. qemu-ga waits.",
        ],
    };

    public static CommandDescription DescribeDelimited() => Describe() with
    {
        Summary = "As guest-sync, and its answer comes behind byte 0xFF: a client skips all that is before it.",
        Since = "1.1",
    };

    public IQmpValue Execute(SessionState session) => QmpValue.Of(Id);
}
