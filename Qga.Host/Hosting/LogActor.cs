using Akka.Actor;
using Akka.Event;
using Qga.Platform.Logging;
using Qga.Transport;
using LogLevel = Qga.Platform.Logging.LogLevel;

namespace Qga.Host.Hosting;

/// <summary>Writes what the actors log, failures under supervision among it, into the agent's log; who starts it subscribes it.</summary>
public sealed class LogActor : UntypedActor
{
    private readonly AgentLog _log;

    private LogActor(AgentLog log) => _log = log;

    public static Props Props(AgentLog log) => ActorFactory.Props(() => new LogActor(log));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LogEvent { Cause: { } cause } failure:
                _log.Write(LevelOf(failure), $"{failure.Message}: {cause.GetType().Name}: {cause.Message}");
                foreach (var line in cause.ToString().Split('\n'))
                    _log.Write(LogLevel.Debug, line);
                break;
            case LogEvent line: _log.Write(LevelOf(line), line.Message.ToString() ?? ""); break;
            default: Unhandled(message); break;
        }
    }

    private static LogLevel LevelOf(LogEvent line) => line.LogLevel() switch
    {
        Akka.Event.LogLevel.ErrorLevel => LogLevel.Error,
        Akka.Event.LogLevel.WarningLevel => LogLevel.Warning,
        Akka.Event.LogLevel.InfoLevel => LogLevel.Info,
        _ => LogLevel.Debug,
    };
}
