using Akka.TestKit.Xunit2;
using Qga.Transport.Protocol;

namespace Qga.Transport.Tests;

public sealed class OutgoingQueueTests : TestKit
{
    private readonly DuplexStream _stream;
    private readonly OutgoingQueue _queue;

    public OutgoingQueueTests()
    {
        _stream = new DuplexStream(TestActor);
        _queue = new OutgoingQueue(_stream);
    }

    [Fact]
    public void Answers_are_written_at_once_and_in_order()
    {
        Assert.True(_queue.IsEmpty);
        Assert.True(_queue.TryWriteAll(out _));
        _queue.Add(Answer(1));
        _queue.Add(Answer(2));
        Assert.False(_queue.IsEmpty);

        Assert.True(_queue.TryWriteAll(out _));

        Assert.True(_queue.IsEmpty);
        ExpectMsg(Line(1) + Line(2));
    }

    [Fact]
    public void Short_answers_leave_together_and_long_ones_alone()
    {
        foreach (var answer in (OutgoingMessage[])[Answer(1), Answer(2), Large(10), Answer(3), Answer(4), Answer(5)])
            _queue.Add(answer);

        Assert.True(_queue.TryWriteAll(out _));

        ExpectMsg(Line(1) + Line(2));
        ExpectMsg(LargeValue.Before);
        ExpectMsg(Convert.ToBase64String(new byte[10]));
        ExpectMsg("\"}}\n");
        ExpectMsg(Line(3) + Line(4) + Line(5));
        Assert.True(_queue.IsEmpty);
        Assert.True(_queue.HasRoom);
    }

    [Fact]
    public async Task Write_that_waits_is_waited_for()
    {
        _stream.Hold();
        _queue.Add(Answer(1));
        _queue.Add(Answer(2));

        Assert.False(_queue.TryWriteAll(out var rest));
        Assert.False(rest.IsCompleted);
        _stream.Release();
        await rest;
        Assert.True(_queue.TryWriteAll(out _));

        ExpectMsg(Line(1) + Line(2));
    }

    [Fact]
    public void Long_answer_lets_others_have_a_turn()
    {
        _queue.Add(Large(2_000_000));

        Assert.False(_queue.TryWriteAll(out var rest));
        Assert.True(rest.IsCompletedSuccessfully);
        Assert.False(_queue.IsEmpty);
        while (!_queue.TryWriteAll(out _))
            Assert.False(_queue.IsEmpty);

        ExpectMsg(LargeValue.Before);
        for (var left = Convert.ToBase64String(new byte[2_000_000]).Length; left > 0;)
            left -= ExpectMsg<string>().Length;
        ExpectMsg("\"}}\n");
    }

    [Fact]
    public void Room_comes_back_as_answers_leave()
    {
        Assert.True(_queue.HasRoom);
        _queue.Add(Large(256 * 1024));
        Assert.False(_queue.HasRoom);

        Assert.True(_queue.TryWriteAll(out _));

        Assert.True(_queue.HasRoom);
    }

    [Fact]
    public async Task Cleared_answers_are_dropped_and_the_write_under_way_is_cancelled()
    {
        _stream.Hold();
        _queue.Add(Large(256 * 1024));
        _queue.Add(Answer(2));
        Assert.False(_queue.TryWriteAll(out var rest));

        _queue.Clear();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rest);
        Assert.True(_queue.IsEmpty);
        Assert.True(_queue.HasRoom);
        _stream.Release();
        _queue.Add(Answer(3));
        Assert.True(_queue.TryWriteAll(out _));
        ExpectMsg(Line(3));
    }

    [Fact]
    public async Task Half_sent_answer_is_dropped_and_the_others_stay()
    {
        _stream.Hold(afterBlocks: 2);
        _queue.Add(Large(256 * 1024));
        _queue.Add(Answer(2));
        Assert.False(_queue.TryWriteAll(out var rest));

        _queue.DropHalfSent();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rest);
        Assert.True(_queue.HasRoom);
        _stream.Release();
        Assert.True(_queue.TryWriteAll(out _));
        ExpectMsg(LargeValue.Before);
        ExpectMsg(new string('A', 65536));
        ExpectMsg(Line(2));
    }

    [Fact]
    public async Task Answer_whose_first_block_waits_is_not_half_sent()
    {
        _stream.Hold();
        _queue.Add(Answer(1));
        Assert.False(_queue.TryWriteAll(out var rest));

        _queue.DropHalfSent();
        _stream.Release();
        await rest;

        Assert.True(_queue.TryWriteAll(out _));
        ExpectMsg(Line(1));
    }

    protected override void AfterAll()
    {
        _queue.Dispose();
        _stream.Dispose();
        base.AfterAll();
    }

    private static string Line(long number) => $"{{\"return\": {number}}}\n";

    private static OutgoingMessage Answer(long number) => QmpWriter.Write(QmpResponse.Success(QmpValue.Of(number)), id: null);

    private static OutgoingMessage Large(int count) => QmpWriter.Write(QmpResponse.Success(new LargeValue(count)), id: null);
}
