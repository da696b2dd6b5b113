using Akka.Actor;
using Qga.Client;
using static Qga.Ctl.Groups.GroupProtocol;

namespace Qga.Ctl.Groups;

/// <summary>
/// One guest of a group. It does what the group says, one thing at a time, and tells it how that went; a thaw it tries until the guest
/// has said that it is not frozen.
/// </summary>
internal sealed class GuestActor : UntypedActor, IWithTimers
{
    /// <summary>How long after a thaw that failed the next one begins.</summary>
    internal static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);

    /// <summary>A call has come home.</summary>
    /// <param name="Call">Which; those that were given up are not waited for any more.</param>
    /// <param name="Result">What it has brought; an exception if it has failed.</param>
    private sealed record Home(int Call, object Result);

    private sealed record Retry
    {
        internal static readonly Retry Instance = new();
    }

    private readonly int _index;
    private readonly IFreezableGuest _guest;
    private readonly CancellationTokenSource _stopping = new();
    private CancellationTokenSource _freezing = new();
    private int _call;
    private bool _isInDoubt;
    private TimeSpan _attemptLimit;

    private GuestActor(int index, IFreezableGuest guest) => (_index, _guest) = (index, guest);

    public ITimerScheduler Timers { get; set; } = null!;

    internal static Props Props(int index, IFreezableGuest guest) => ActorFactory<GuestActor>.Props(() => new GuestActor(index, guest));

    protected override void PostStop()
    {
        // Who still waits for the guest waits in vain.
        _stopping.Cancel();
        _freezing.Dispose();
        _stopping.Dispose();
    }

    /// <remarks>A bug ends the group: nobody else would hear of it, and the watcher has the guests.</remarks>
    protected override bool AroundReceive(Receive receive, object message)
    {
        try
        {
            return base.AroundReceive(receive, message);
        }
        catch (Exception bug)
        {
            Tell(new Broken(_index, bug));
            throw;
        }
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Prepare:
                Call(_guest.PrepareAsync(_stopping.Token));
                Become(Preparing);
                break;
            default: Unhandled(message); break;
        }
    }

    private void Preparing(object message)
    {
        switch (Unwrap(message))
        {
            case GuestFacts facts:
                Tell(new Prepared(_index, facts));
                Become(Ready);
                break;
            case Exception failure: Tell(new Unprepared(_index, failure.Message)); break;
            case var other: Unhandled(other); break;
        }
    }

    private void Ready(object message)
    {
        switch (message)
        {
            case Freeze freeze:
                _freezing.Dispose();
                _freezing = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                Call(_guest.FreezeAsync(freeze.Deadline, _freezing.Token));
                Become(Freezing);
                break;
            default: Unhandled(message); break;
        }
    }

    private void Freezing(object message)
    {
        switch (Unwrap(message))
        {
            case FreezeAnswer answer:
                Tell(new Froze(_index, answer));
                Become(Frozen);
                break;
            case GuestNotOursException failure:
                Tell(new FreezeFailed(_index, failure.Message, FreezeFate.NotOurs));
                Become(Untouched);
                break;
            case Exception failure:
                _isInDoubt = true;
                Tell(new FreezeFailed(_index, failure.Message, failure is QgaCommandException ? FreezeFate.Undone : FreezeFate.Unknown));
                Become(Frozen);
                break;
            case Thaw thaw:
                // The thaw would wait for its turn behind an answer that may never come. The guest takes them in their order.
                _freezing.Cancel();
                _isInDoubt = true;
                StartThaw(thaw);
                break;
            case var other: Unhandled(other); break;
        }
    }

    private void Frozen(object message)
    {
        switch (message)
        {
            case Thaw thaw: StartThaw(thaw); break;
            default: Unhandled(message); break;
        }
    }

    private void Untouched(object message)
    {
        switch (message)
        {
            case Thaw: Tell(new Thawed(_index, null)); break;
            default: Unhandled(message); break;
        }
    }

    private void Thawing(object message)
    {
        switch (Unwrap(message))
        {
            case ThawAnswer answer:
                Tell(new Thawed(_index, answer));
                Become(Over);
                break;
            case Exception failure:
                Tell(new ThawFailed(_index, failure.Message));
                Timers.StartSingleTimer(nameof(Retry), Retry.Instance, RetryAfter);
                break;
            case Retry: TryThaw(); break;
            case var other: Unhandled(other); break;
        }
    }

    private void Over(object message)
    {
        switch (Unwrap(message))
        {
            case Testify: Call(TestifyAsync()); break;
            case Testified testified: Tell(testified); break;
            case Exception failure: Tell(new Testified(_index, null, failure.Message)); break;
            case var other: Unhandled(other); break;
        }
    }

    private void StartThaw(Thaw thaw)
    {
        _attemptLimit = thaw.AttemptLimit;
        Become(Thawing);
        TryThaw();
    }

    private void TryThaw() => Call(_isInDoubt
        ? _guest.ReleaseAsync(_attemptLimit, _stopping.Token)
        : _guest.ThawAsync(_attemptLimit, _stopping.Token));

    private async Task<Testified> TestifyAsync() => new(_index, await _guest.GetEvidenceAsync(_stopping.Token).ConfigureAwait(false));

    private void Call<T>(Task<T> call)
    {
        var number = ++_call;
        call.PipeTo(Self, success: result => new Home(number, result!), failure: cause => new Home(number, cause));
    }

    /// <summary>What a call has brought that is still waited for; any other message as it is.</summary>
    private object Unwrap(object message) => message is Home home && home.Call == _call ? home.Result : message;

    private static void Tell(object fact) => Context.Parent.Tell(fact, Context.Self);
}
