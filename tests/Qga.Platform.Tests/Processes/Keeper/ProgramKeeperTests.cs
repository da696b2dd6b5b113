using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Processes;
using Qga.Platform.Processes.Keeper;
using Qga.Platform.Streams;
using Qga.Testing;

namespace Qga.Platform.Tests.Processes.Keeper;

public sealed class ProgramKeeperTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly KeeperClient _agent;
    private readonly Task _keeper;

    public ProgramKeeperTests()
    {
        Assert.Equal(Errno.Success, LibC.ConnectedPair(out var ours, out var theirs, LibC.SOCK_STREAM));
        _keeper = Task.Run(() => new ProgramKeeper(static () => { }).RunAsync(new KeeperConnection(new WaitingStream(theirs)), listener: null));
        _agent = new KeeperClient(ours, child: null);
        Assert.True(_agent.AwaitList(Eventually.Patience));
    }

    public void Dispose()
    {
        _agent.Leave();
        _keeper.Wait(Eventually.Patience);
        _scratch.Dispose();
    }

    [Theory]
    [InlineData(10)]
    [InlineData(ProgramKeeper.LittleOutput)]
    [InlineData(ProgramKeeper.LittleOutput + 1)]
    [InlineData(3_000_000)]
    public async Task Output_is_whole_whether_it_comes_along_or_is_fetched(int size)
    {
        var program = Start($"head -c {size} /dev/zero | tr '\\0' x; echo error >&2; exit 3");
        Assert.Equal(3, (await program.Ended).ExitCode);
        await program.Drained;
        var output = await program.ReadOutputAsync();
        Assert.Equal((size, "error\n"), (output.Out.Bytes.Length, Encoding.UTF8.GetString(output.Error.Bytes.Span)));
    }

    [Fact]
    public async Task Keeper_is_left_when_nothing_is_left_and_ends()
    {
        var program = Start("exit 0");
        await program.Ended;
        await program.Drained;
        Assert.False(_agent.IsGone);
        program.Forget();
        Assert.True(_agent.IsGone);
        await _keeper;
        Assert.Null(_agent.TryStart(Shell("exit 0")));
    }

    [Fact]
    public async Task Keeper_stays_for_a_child_that_may_print_after_its_parent_was_forgotten()
    {
        var (gate, done) = (_scratch.PathOf("gate"), _scratch.PathOf("done"));
        var program = Start($"(while [ ! -e {gate} ]; do sleep 0.02; done; seq 100000 && echo done > {done}) &");
        await program.Ended;
        program.Seal();
        program.Forget();
        Assert.False(_agent.IsGone);
        Assert.False(_keeper.IsCompleted);

        File.WriteAllText(gate, "");
        Eventually.True(() => File.Exists(done));
        await _keeper;
        Assert.True(_agent.IsGone);
    }

    [Fact]
    public void Program_that_can_not_be_run_leaves_nothing()
    {
        var failure = Assert.Throws<PlatformException>(() => _agent.TryStart(new ProcessStart("/no/such", [], null, null, OutputCapture.None)));
        Assert.Equal("Failed to execute child process “/no/such” (No such file or directory)", failure.Message);
        Assert.True(_agent.IsGone);
    }

    [Fact]
    public async Task Program_of_a_keeper_that_was_left_can_still_be_let_go()
    {
        var program = Start("exit 0");
        await program.Ended;
        _agent.Leave();
        await _keeper;
        program.AllowEviction(static () => { });
        program.Forget();
    }

    [Fact]
    public async Task Many_programs_at_once_are_told_apart()
    {
        var programs = new KeptGuestProcess[64];
        Parallel.For(0, programs.Length, number => programs[number] = Start($"echo {number}; exit {number}"));
        for (var number = 0; number < programs.Length; number++)
        {
            Assert.Equal(number, (await programs[number].Ended).ExitCode);
            await programs[number].Drained;
            Assert.Equal($"{number}\n", Encoding.UTF8.GetString((await programs[number].ReadOutputAsync()).Out.Bytes.Span));
        }
    }

    [Fact]
    public async Task Output_of_a_program_that_its_keeper_has_forgotten_is_not_waited_for()
    {
        var (forgotten, stays) = (Start("exec seq 10000"), Start("exec sleep 1000"));
        await forgotten.Drained;
        await forgotten.Ended;
        _agent.Tell(new KeeperMessage(KeeperMessageKind.Forget, 1));
        await Assert.ThrowsAsync<PlatformException>(forgotten.ReadOutputAsync);
        Signal.Kill.Send(stays.Id);
        await stays.Ended;
    }

    private static ProcessStart Shell(string script) => new("/bin/sh", ["-c", script], Environment: null, Input: null, OutputCapture.Separated);

    private KeptGuestProcess Start(string script) => _agent.TryStart(Shell(script))!;
}
