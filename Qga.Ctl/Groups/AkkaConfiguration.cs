namespace Qga.Ctl.Groups;

/// <summary>Everything that the tool sets in Akka, and why.</summary>
internal static class AkkaConfiguration
{
    internal const string Hocon = """
        akka {
          # What goes wrong is in the report; Akka's own loggers would write between its lines.
          loglevel = OFF
          stdout-loglevel = OFF
          loggers = []
          log-dead-letters = off
          log-dead-letters-during-shutdown = off

          # The runtime's own pool, for hundreds of guests as for two.
          actor.default-dispatcher.executor = thread-pool-executor
          actor.internal-dispatcher.executor = thread-pool-executor

          # A group that has lost its state is over; the watcher thaws its guests.
          actor.guardian-supervisor-strategy = "Akka.Actor.StoppingSupervisorStrategy"

          # The tool decides when the process ends.
          coordinated-shutdown {
            exit-clr = off
            run-by-clr-shutdown-hook = off
          }
        }
        """;
}
