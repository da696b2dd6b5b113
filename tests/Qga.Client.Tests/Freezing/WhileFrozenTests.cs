using Qga.Testing;

namespace Qga.Client.Tests.Freezing;

/// <summary>Who freezes a guest thaws it, and nobody else's freeze.</summary>
public sealed class WhileFrozenTests : IAsyncDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeAgent _agent = new();
    private bool _hasWorked;

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task Work_is_done_between_freeze_and_thaw()
    {
        await using var guest = await _agent.ConnectAsync();
        var done = guest.WhileFrozenAsync(Work, timeout: Minute);
        Assert.Equal(60, (long)(await _agent.AnswerAsync("guest-fsfreeze-freeze", 2))["timeout"]!);
        await _agent.AnswerAsync("guest-fsfreeze-thaw", 2);
        await done.WaitAsync(Eventually.Patience);
        Assert.True(_hasWorked);
    }

    [Fact]
    public async Task Guest_that_was_thawed_meanwhile_is_an_error()
    {
        await using var guest = await _agent.ConnectAsync();
        var done = guest.WhileFrozenAsync(Work);
        await _agent.AnswerAsync("guest-fsfreeze-freeze", 2);
        await _agent.AnswerAsync("guest-fsfreeze-thaw", 1);
        var failure = await Assert.ThrowsAsync<QgaFreezeBrokenException>(() => done.WaitAsync(Eventually.Patience));
        Assert.Equal((2, 1), (failure.Frozen, failure.Thawed));
    }

    [Fact]
    public async Task Freeze_that_is_refused_is_somebody_elses_and_stays()
    {
        await using var guest = await _agent.ConnectAsync();
        var done = guest.WhileFrozenAsync(Work);
        _agent.Refuse(await _agent.NextAsync("guest-fsfreeze-freeze"), "Command guest-fsfreeze-freeze has been disabled", "CommandNotFound");
        await Assert.ThrowsAsync<QgaCommandException>(() => done.WaitAsync(Eventually.Patience));
        Assert.False(_hasWorked);
        await NothingIsAsked(guest);
    }

    [Fact]
    public async Task Freeze_that_was_not_answered_is_thawed()
    {
        await using var guest = await _agent.ConnectAsync();
        var done = guest.WhileFrozenAsync(Work);
        await _agent.NextAsync("guest-fsfreeze-freeze");
        _agent.Time.Advance(TimeSpan.FromMinutes(10));
        await _agent.AnswerAsync("guest-fsfreeze-thaw", 2);
        await Assert.ThrowsAsync<QgaTimeoutException>(() => done.WaitAsync(Eventually.Patience));
        Assert.False(_hasWorked);
    }

    [Fact]
    public async Task Freeze_whose_connection_is_lost_is_thawed()
    {
        await using var guest = await _agent.ConnectAsync();
        var done = guest.WhileFrozenAsync(Work);
        await _agent.NextAsync("guest-fsfreeze-freeze");
        _agent.Hangup();
        await _agent.AnswerAsync("guest-fsfreeze-thaw", 2);
        await Assert.ThrowsAsync<QgaConnectionException>(() => done.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Freeze_that_is_given_up_is_thawed()
    {
        await using var guest = await _agent.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var done = guest.WhileFrozenAsync(Work, cancellationToken: cancel.Token);
        await _agent.NextAsync("guest-fsfreeze-freeze");
        await cancel.CancelAsync();
        await _agent.AnswerAsync("guest-fsfreeze-thaw", 2);
        await Assert.ThrowsAsync<OperationCanceledException>(() => done.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Nothing_is_asked_for_what_is_given_up_before()
    {
        await using var guest = await _agent.ConnectAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => guest.WhileFrozenAsync(Work, cancellationToken: new CancellationToken(canceled: true)));
        await NothingIsAsked(guest);
    }

    [Fact]
    public async Task Failure_of_the_work_goes_on_once_the_guest_is_thawed()
    {
        await using var guest = await _agent.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var done = guest.WhileFrozenAsync(
            (_, _) =>
            {
                cancel.Cancel();
                throw new IOException("no space for a snapshot");
            },
            cancellationToken: cancel.Token);
        await _agent.AnswerAsync("guest-fsfreeze-freeze", 2);
        var thaw = await _agent.NextAsync("guest-fsfreeze-thaw");
        Assert.False(done.IsCompleted);
        _agent.Refuse(thaw, "child process has failed to execute fsfreeze hook: exit code 1");
        Assert.Equal("no space for a snapshot", (await Assert.ThrowsAsync<IOException>(() => done.WaitAsync(Eventually.Patience))).Message);
    }

    [Fact]
    public async Task Time_that_is_required_is_given_or_nothing_is_frozen()
    {
        await using var guest = await _agent.ConnectAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => guest.FreezeAsync(requireTimeout: true));
        var frozen = guest.FreezeAsync(timeout: Minute, requireTimeout: true);
        _agent.Refuse(await _agent.NextAsync("guest-fsfreeze-freeze"), "Parameter 'timeout' is unexpected");
        var failure = await Assert.ThrowsAsync<QgaUnsupportedException>(() => frozen.WaitAsync(Eventually.Patience));
        Assert.Equal("fake: the agent thaws nothing by itself, and the freeze was not to be without that", failure.Message);
        await NothingIsAsked(guest);
    }

    private Task Work(FreezeResult frozen, CancellationToken cancellationToken)
    {
        _hasWorked = true;
        return Task.CompletedTask;
    }

    /// <summary>The next thing that is asked is what comes now.</summary>
    private async Task NothingIsAsked(GuestAgent guest)
    {
        var ping = guest.PingAsync();
        await _agent.AnswerAsync("guest-ping");
        await ping.WaitAsync(Eventually.Patience);
    }
}
