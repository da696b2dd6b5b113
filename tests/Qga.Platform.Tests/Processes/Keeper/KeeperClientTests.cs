using Qga.Platform.Native;
using Qga.Platform.Processes;
using Qga.Platform.Processes.Keeper;
using Qga.Platform.Streams;
using Qga.Testing;

namespace Qga.Platform.Tests.Processes.Keeper;

/// <summary>An agent's end of the conversation; the test speaks for the keeper.</summary>
public sealed class KeeperClientTests : IDisposable
{
    private const int Number = 5;

    private readonly KeeperConnection _keeper;
    private readonly KeeperClient _agent;
    private readonly KeptGuestProcess _program;

    public KeeperClientTests()
    {
        Assert.Equal(Errno.Success, LibC.ConnectedPair(out var ours, out var theirs, LibC.SOCK_STREAM));
        _keeper = new KeeperConnection(new WaitingStream(theirs));
        _agent = new KeeperClient(ours, child: null);
        var state = new ProgramState(1, ProgramFacts.Ended | ProgramFacts.Drained | ProgramFacts.Fetched, 0, Output: null);
        _keeper.Send(new KeeperMessage(KeeperMessageKind.Program, Number, state.ToBody()));
        _keeper.Send(new KeeperMessage(KeeperMessageKind.Listed, 0));
        Assert.True(_agent.AwaitList(Eventually.Patience));
        _program = Assert.Single(_agent.Programs);
    }

    public void Dispose()
    {
        _agent.Leave();
        _keeper.Dispose();
    }

    [Fact]
    public async Task Start_fails_whatever_ends_the_conversation()
    {
        _program.AllowEviction(static () => throw new InvalidOperationException("a fault of ours"));
        var starting = Task.Run(() => _agent.TryStart(new ProcessStart("/bin/true", [], null, null, OutputCapture.None)));
        while (await _keeper.ReceiveAsync() is not { Kind: KeeperMessageKind.Start })
        {
        }

        _keeper.Send(new KeeperMessage(KeeperMessageKind.Evicted, Number));
        await Assert.ThrowsAsync<PlatformException>(() => starting.WaitAsync(Eventually.Patience));
        Assert.True(_agent.IsGone);
    }

    [Fact]
    public async Task Output_that_was_asked_for_and_is_let_go_meanwhile_is_not_waited_for()
    {
        var reading = _program.ReadOutputAsync();
        _keeper.Send(new KeeperMessage(KeeperMessageKind.Evicted, Number));
        Assert.Contains("was let go", (await Assert.ThrowsAsync<PlatformException>(() => reading)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "was let go", (await Assert.ThrowsAsync<PlatformException>(_program.ReadOutputAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_that_the_keeper_can_not_tell_is_an_error_and_can_be_asked_for_again()
    {
        var reading = _program.ReadOutputAsync();
        _keeper.Send(KeeperMessage.WithText(KeeperMessageKind.ReadFailed, Number, "reason"));
        var failure = await Assert.ThrowsAsync<PlatformException>(() => reading);
        Assert.Equal("failed to read what process 1 has printed: reason", failure.Message);

        reading = _program.ReadOutputAsync();
        var output = new ProcessOutput(new CapturedText("x"u8.ToArray(), IsTruncated: false), default);
        _keeper.Send(new KeeperMessage(KeeperMessageKind.Output, Number, KeeperOutput.Write(new KeeperBodyWriter(), output).Bytes));
        Assert.Equal(1, (await reading).Out.Bytes.Length);
    }

    [Fact]
    public async Task Eviction_before_it_was_allowed_is_told_when_it_is()
    {
        var reading = _program.ReadOutputAsync();
        _keeper.Send(new KeeperMessage(KeeperMessageKind.Evicted, Number));
        await Assert.ThrowsAsync<PlatformException>(() => reading);

        var isEvicted = false;
        _program.AllowEviction(() => isEvicted = true);
        Assert.True(isEvicted);
    }
}
