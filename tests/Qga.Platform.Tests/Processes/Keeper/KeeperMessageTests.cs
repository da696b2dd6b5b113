using System.Text;
using Qga.Platform.Processes;
using Qga.Platform.Processes.Keeper;
using Qga.Platform.Streams;

namespace Qga.Platform.Tests.Processes.Keeper;

public sealed class KeeperMessageTests
{
    /// <summary>An agent may find the keeper of an earlier version: what is written here stays.</summary>
    [Theory]
    [InlineData(1, "Welcome")]
    [InlineData(2, "Program")]
    [InlineData(3, "Listed")]
    [InlineData(4, "Started")]
    [InlineData(5, "Refused")]
    [InlineData(6, "Output")]
    [InlineData(7, "Evicted")]
    [InlineData(8, "ReadFailed")]
    [InlineData(16, "Start")]
    [InlineData(17, "Seal")]
    [InlineData(18, "Read")]
    [InlineData(19, "Fetched")]
    [InlineData(20, "Forget")]
    [InlineData(21, "Recorded")]
    public void Numbers_stay(int number, string name) => Assert.Equal(name, $"{(KeeperMessageKind)number}");

    [Fact]
    public void Layout_stays()
    {
        Assert.Equal(
            "0F-00-00-00-02-00-00-00-08-07-06-05-04-03-02-01-61-62-63",
            BitConverter.ToString(new KeeperMessage(KeeperMessageKind.Program, 0x0102030405060708, "abc"u8.ToArray()).ToBytes()));

        var state = new ProgramState(1, ProgramFacts.Ended | ProgramFacts.Drained | ProgramFacts.WithOutput, 3, Output("o", "", isTruncated: true));
        Assert.Equal(
            "01-00-00-00-29-00-00-00-03-00-00-00-01-00-00-00-01-00-00-00-6F-00-00-00-00-00-00-00-00",
            BitConverter.ToString(state.ToBody().ToArray()));
        Assert.Equal((1, 2, 4, 8, 16, 32, 128), (
            (int)ProgramFacts.Ended, (int)ProgramFacts.BySignal, (int)ProgramFacts.EndUnknown, (int)ProgramFacts.Drained, (int)ProgramFacts.Fetched,
            (int)ProgramFacts.WithOutput, (int)ProgramFacts.EndRecorded));
    }

    [Fact]
    public void State_with_more_to_it_than_we_know_is_understood()
    {
        var state = new ProgramState(7, ProgramFacts.Ended | ProgramFacts.BySignal | (ProgramFacts)1024, 9, Output: null);
        Assert.Equal(state, ProgramState.Parse(new byte[][] { state.ToBody().ToArray(), [1, 2, 3] }.SelectMany(bytes => bytes).ToArray()));
    }

    [Theory]
    [InlineData("uid:7")]
    [InlineData(null)]
    public void Requester_goes_to_the_keeper_and_comes_back(string? peer)
    {
        var requester = new Requester(peer);
        var start = new ProcessStart("x", [], Environment: null, Input: null, OutputCapture.None) { Requester = requester };
        var state = new ProgramState(7, ProgramFacts.None, 0, Output: null) { Requester = requester };

        Assert.Equal(requester, KeeperStart.Parse(KeeperStart.ToBody(start)).Requester);
        Assert.Equal(requester, ProgramState.Parse(state.ToBody()).Requester);
        Assert.Null(KeeperStart.Parse(KeeperStart.ToBody(start with { Requester = null })).Requester);
        Assert.Null(ProgramState.Parse((state with { Requester = null }).ToBody()).Requester);
    }

    [Fact]
    public void Start_is_taken_over_as_it_is()
    {
        var start = new ProcessStart("/bin/ä", ["", "b"], ["A=1"], "in"u8.ToArray(), OutputCapture.Merged);
        var parsed = KeeperStart.Parse(KeeperStart.ToBody(start));
        Assert.Equal((start.Path, start.Capture, "in"), (parsed.Path, parsed.Capture, Encoding.UTF8.GetString(parsed.Input!.Value.Span)));
        Assert.Equal(start.Arguments, parsed.Arguments);
        Assert.Equal(start.Environment, parsed.Environment);

        parsed = KeeperStart.Parse(KeeperStart.ToBody(new ProcessStart("x", [], Environment: null, Input: null, OutputCapture.None)));
        Assert.Null(parsed.Environment);
        Assert.Null(parsed.Input);
        parsed = KeeperStart.Parse(KeeperStart.ToBody(new ProcessStart("x", [], [], ReadOnlyMemory<byte>.Empty, OutputCapture.None)));
        Assert.Equal((0, 0), (parsed.Environment!.Count, parsed.Input!.Value.Length));
    }

    [Fact]
    public void Program_that_was_decided_of_is_taken_over_as_it_is()
    {
        var decided = new DecidedProgram("/usr/bin/x", "8:1:7", "x") { Limit = TimeSpan.FromSeconds(2), User = new ProgramUser("1:2:2", "svc", "/", "/bin/sh") };
        var start = new ProcessStart("x", [], Environment: null, Input: null, OutputCapture.None);

        Assert.Null(KeeperStart.Parse(KeeperStart.ToBody(start)).Decided);
        Assert.Equal(decided, KeeperStart.Parse(KeeperStart.ToBody(start with { Decided = decided })).Decided);
        Assert.Equal(new DecidedProgram("/x", "1", "y"), KeeperStart.Parse(KeeperStart.ToBody(start with { Decided = new DecidedProgram("/x", "1", "y") })).Decided);
    }

    [Fact]
    public void Body_that_is_cut_short_is_an_error_at_every_length()
    {
        var decided = new DecidedProgram("/usr/bin/x", "8:1:7", "x") { User = new ProgramUser("1:2:2", "svc", "/", "/bin/sh") };
        var body = KeeperStart.ToBody(new ProcessStart("/bin/x", ["a"], ["A=1"], new byte[3], OutputCapture.Stdout) { Decided = decided });
        for (var length = 0; length < body.Length; length++)
            Assert.Throws<InvalidDataException>(() => KeeperStart.Parse(body[..length]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task Messages_arrive_whole_however_they_are_cut(int piece)
    {
        KeeperMessage[] sent =
            [new(KeeperMessageKind.Listed, 0), new(KeeperMessageKind.Output, 5, new byte[10_000]), new(KeeperMessageKind.Forget, 6)];
        var (ours, theirs) = DescriptorStream.Pair();
        await using var writer = ours;
        using var reader = new KeeperConnection(theirs);
        var bytes = sent.SelectMany(message => message.ToBytes()).ToArray();
        var writing = Task.Run(async () =>
        {
            for (var start = 0; start < bytes.Length; start += piece)
                await writer.WriteAsync(bytes.AsMemory(start, Math.Min(piece, bytes.Length - start)));
        });

        foreach (var message in sent)
        {
            var heard = await reader.ReceiveAsync();
            Assert.Equal((message.Kind, message.Number, message.Body.Length), (heard!.Value.Kind, heard.Value.Number, heard.Value.Body.Length));
        }

        await writing;
        await writer.DisposeAsync();
        Assert.Null(await reader.ReceiveAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public async Task Size_that_makes_no_sense_ends_the_conversation(int size)
    {
        var (ours, theirs) = DescriptorStream.Pair();
        await using var writer = ours;
        using var reader = new KeeperConnection(theirs);
        await writer.WriteAsync((byte[])[.. BitConverter.GetBytes(size), .. new byte[12]]);
        Assert.Null(await reader.ReceiveAsync());
    }

    private static ProcessOutput Output(string text, string error, bool isTruncated) =>
        new(new CapturedText(Encoding.UTF8.GetBytes(text), isTruncated), new CapturedText(Encoding.UTF8.GetBytes(error), IsTruncated: false));
}
