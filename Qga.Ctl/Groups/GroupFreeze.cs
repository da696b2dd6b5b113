using Akka.Actor;
using Akka.Configuration;
using static Qga.Ctl.Groups.GroupProtocol;

namespace Qga.Ctl.Groups;

/// <summary>A freeze of many guests as one, from its start to its report.</summary>
internal static class GroupFreeze
{
    /// <summary>Freezes guests, takes a snapshot while all are frozen, and thaws them.</summary>
    /// <param name="guests">Whom; they are disposed of.</param>
    /// <param name="snapshot">What is done while they are frozen.</param>
    /// <param name="watch">Who thaws them if this process does not; it is disposed of.</param>
    /// <param name="limits">How long each step may take.</param>
    /// <param name="clock">What all times are by; the same that the guests have.</param>
    /// <param name="interrupt">Ends it: what is frozen is thawed, and the report says so.</param>
    /// <returns>What became of it. Guests that have not said that they are thawed are in the hands of the watcher from here on.</returns>
    internal static async Task<GroupReport> RunAsync(
        IReadOnlyList<IFreezableGuest> guests,
        ISnapshot snapshot,
        IThawWatch watch,
        GroupLimits limits,
        GroupClock clock,
        CancellationToken interrupt)
    {
        var system = ActorSystem.Create("qgactl", ConfigurationFactory.ParseString(AkkaConfiguration.Hocon));
        try
        {
            var group = system.ActorOf(GroupActor.Props(guests, snapshot, watch, limits, clock), "group");
            var report = group.Ask<GroupReport>(Start.Instance, Timeout.InfiniteTimeSpan, CancellationToken.None);
            using var registration = interrupt.Register(() => group.Tell(Interrupt.Instance));
            return await report.ConfigureAwait(false);
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);

            // A guest may take one connection at a time: ours goes before the watcher comes.
            try
            {
                await Task.WhenAll(guests.Select(guest => guest.DisposeAsync().AsTask())).ConfigureAwait(false);
            }
            finally
            {
                await watch.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
