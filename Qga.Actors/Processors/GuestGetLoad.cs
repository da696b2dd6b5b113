using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-get-load</c>: how many processes were running or waiting to, on average.</summary>
public sealed record GuestGetLoad : ICommand<GuestProcessors>
{
    public static GuestGetLoad Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(GuestProcessors guest) => QmpValue.ObjectOf(guest.Processors.Load(), static (json, load) =>
    {
        json.WriteMember("load1m", load.OneMinute);
        json.WriteMember("load5m", load.FiveMinutes);
        json.WriteMember("load15m", load.FifteenMinutes);
    });
}
