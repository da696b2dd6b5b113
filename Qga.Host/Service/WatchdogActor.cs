using Akka.Actor;
using Qga.Platform.OwnProcess;
using Qga.Transport;

namespace Qga.Host.Service;

/// <summary>
/// Asks the agent the way that a host does, over a channel of its own, and tells the service manager that it is well only when the answer
/// has come. While none comes, nothing is told.
/// </summary>
public sealed class WatchdogActor : UntypedActor, IWithTimers
{
    private sealed record Due
    {
        internal static readonly Due Instance = new();
    }

    private sealed record Answered
    {
        internal static readonly Answered Instance = new();
    }

    private sealed record Failed(Exception Cause);

    private readonly Stream _channel;
    private readonly TimeSpan _pause;
    private readonly ServiceManager _manager;
    private readonly byte[] _answer = new byte[256];

    private WatchdogActor(Stream channel, TimeSpan pause, ServiceManager manager) => (_channel, _pause, _manager) = (channel, pause, manager);

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="channel">The client's end, which the actor closes when it stops.</param>
    /// <param name="pause">The time from an answer to the next question.</param>
    /// <param name="manager">Is told that the agent is well.</param>
    public static Props Props(Stream channel, TimeSpan pause, ServiceManager manager) =>
        ActorFactory.Props(() => new WatchdogActor(channel, pause, manager));

    protected override void PreStart() => Ask();

    protected override void PostStop() => _channel.Dispose();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Due: Ask(); break;
            case Answered: OnAnswered(); break;
            case Failed: break;
            default: Unhandled(message); break;
        }
    }

    private void Ask() => AskAsync().PipeTo(Self, success: () => Answered.Instance, failure: cause => new Failed(cause));

    private void OnAnswered()
    {
        _manager.Feed();
        Timers.StartSingleTimer(Due.Instance, Due.Instance, _pause);
    }

    /// <summary>Waits for a whole line, whatever it says: a sync that the administrator has disabled is answered too.</summary>
    /// <remarks>A sync, as it is answered whatever state the guest is in, and nothing records it.</remarks>
    private async Task AskAsync()
    {
        await _channel.WriteAsync("""{"execute":"guest-sync","arguments":{"id":1}}"""u8.ToArray());
        int count;
        do
        {
            count = await _channel.ReadAsync(_answer);
            if (count == 0)
                throw new EndOfStreamException();
        }
        while (_answer[count - 1] != '\n');
    }
}
