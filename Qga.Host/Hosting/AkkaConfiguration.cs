namespace Qga.Host.Hosting;

/// <summary>Everything that the agent sets in Akka, and why.</summary>
internal static class AkkaConfiguration
{
    internal static string Hocon(bool isVerbose) => $$"""
        akka {
          # LogActor writes the log; Akka's own loggers would write to a console that a service does not have.
          loglevel = {{(isVerbose ? "DEBUG" : "WARNING")}}
          stdout-loglevel = OFF
          loggers = []

          # An answer to a client that has gone is no news.
          log-dead-letters = off
          log-dead-letters-during-shutdown = off

          # No tick while nothing is due.
          scheduler.implementation = "Qga.Host.Hosting.SystemTimerScheduler, qga"

          # Nothing in an actor blocks, so the thread that has brought a message handles it.
          actor.default-dispatcher.executor = "Qga.Host.Hosting.TurnExecutorConfigurator, qga"
          actor.internal-dispatcher.executor = thread-pool-executor

          # A bug in an actor at the top costs no state that the host relies on.
          actor.guardian-supervisor-strategy = "Qga.Host.Hosting.ResumingGuardian, qga"

          # The host decides when the process ends.
          coordinated-shutdown {
            exit-clr = off
            run-by-clr-shutdown-hook = off
          }
        }
        """;
}
