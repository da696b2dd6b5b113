using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-get-load</c>: how many processes were running or waiting to, on average.</summary>
public sealed record GuestGetLoad : ICommand<GuestProcessors>
{
    public static GuestGetLoad Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells how many processes were running or waiting to, on average.")
    {
        Since = "10.0",
        Result = SchemaType.StructureOf(
            "GuestLoadAverage",
            "The average number of processes.",
            new("load1m", SchemaType.Number, "of the last minute"),
            new("load5m", SchemaType.Number, "of the last five minutes"),
            new("load15m", SchemaType.Number, "of the last fifteen minutes")),
    };

    public IQmpValue Execute(GuestProcessors guest) => QmpValue.ObjectOf(guest.Processors.Load(), static (json, load) =>
    {
        json.WriteMember("load1m", load.OneMinute);
        json.WriteMember("load5m", load.FiveMinutes);
        json.WriteMember("load15m", load.FifteenMinutes);
    });
}
