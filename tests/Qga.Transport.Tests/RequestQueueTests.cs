using Newtonsoft.Json.Linq;
using Qga.Transport.Protocol;

namespace Qga.Transport.Tests;

public class RequestQueueTests
{
    private static readonly QmpResponse Done = QmpResponse.Success(QmpValue.Empty);

    private readonly RequestQueue _queue = new(mostRequests: 3, mostBytes: 100);

    [Fact]
    public void Requests_leave_in_their_order()
    {
        Assert.True(_queue.IsEmpty);
        var first = Add("a");
        var second = Add("b");

        Assert.True(second.Sequence > first.Sequence);
        Assert.Same(first, _queue.First);
        Assert.Same(first, _queue.RemoveFirst());
        Assert.Same(second, _queue.RemoveFirst());
        Assert.Null(_queue.First);
        Assert.True(_queue.IsEmpty);
    }

    [Fact]
    public void Only_the_first_request_is_answered()
    {
        var first = Add("a");
        var second = Add("b");
        Assert.Same(first, _queue.Submit());
        Assert.Null(_queue.Submit());

        Assert.False(_queue.TryAnswer(second.Sequence, Done));
        Assert.True(_queue.TryAnswer(first.Sequence, Done));
        Assert.Same(Done, first.Response);
        Assert.Null(second.Response);
    }

    [Fact]
    public void Answer_to_a_request_that_is_gone_is_refused()
    {
        var first = Add("a");
        _queue.Submit();
        _queue.RemoveFirst();
        Assert.False(_queue.TryAnswer(first.Sequence, Done));

        Add("b");
        Assert.False(_queue.TryAnswer(first.Sequence, Done));
    }

    [Fact]
    public void Malformed_bytes_have_their_answer_from_the_start()
    {
        var entry = _queue.Add(id: 7, Done, bytes: 1);

        Assert.Null(_queue.Submit());
        Assert.Same(Done, _queue.First!.Response);
        Assert.Equal(7, (int?)entry.Id);
    }

    [Fact]
    public void Requests_that_are_carried_out_at_once_are_so_together()
    {
        var queue = new RequestQueue(mostRequests: 100, mostBytes: 100);
        var slow = Add("slow");
        var first = Add("ping", isImmediate: true);
        var second = Add("ping", isImmediate: true);
        var last = Add("slow");

        Assert.Same(slow, queue.Submit());
        Assert.Null(queue.Submit());
        Assert.False(queue.IsAnswerNear);
        Assert.True(queue.TryAnswer(slow.Sequence, Done));
        queue.RemoveFirst();

        Assert.Same(first, queue.Submit());
        Assert.Same(second, queue.Submit());
        Assert.Null(queue.Submit());
        Assert.True(queue.IsAnswerNear);
        Assert.Equal([first, second], queue.UnderWay);

        Assert.True(queue.TryAnswer(second.Sequence, Done));
        Assert.True(queue.IsAnswerNear);
        Assert.Equal([first], queue.UnderWay);
        Assert.Empty(queue.GiveUpBefore(first.Sequence));
        Assert.Equal([first, second], queue.GiveUpBefore(last.Sequence));
        Assert.False(queue.IsAnswerNear);
        Assert.Same(last, queue.Submit());

        RequestQueue.Entry Add(string command, bool isImmediate = false) =>
            queue.Add(id: null, new QmpRequest(command, new JObject()), bytes: 1, isSync: false, isImmediate);
    }

    [Fact]
    public void Not_too_many_are_carried_out_together()
    {
        var queue = new RequestQueue(mostRequests: 1000, mostBytes: 1000);
        for (var count = 0; count < 100; count++)
            queue.Add(id: null, new QmpRequest("ping", new JObject()), bytes: 1, isSync: false, isImmediate: true);

        for (var count = 0; count < RequestQueue.MostTogether; count++)
            Assert.NotNull(queue.Submit());
        Assert.Null(queue.Submit());
    }

    [Fact]
    public void Everything_before_a_sync_is_given_up()
    {
        var first = Add("a");
        var second = Add("b");
        var sync = Add("sync");
        _queue.Submit();

        Assert.Equal([first, second], _queue.GiveUpBefore(sync.Sequence));
        Assert.Same(sync, _queue.First);
        Assert.Empty(_queue.GiveUpBefore(sync.Sequence));
    }

    [Fact]
    public void Syncs_are_never_given_up()
    {
        var stuck = Add("stuck");
        var first = Add("sync", isSync: true);
        var second = Add("sync", isSync: true);
        _queue.Submit();

        Assert.Equal([stuck], _queue.GiveUpBefore(second.Sequence));
        Assert.Same(first, _queue.RemoveFirst());
        Assert.Same(second, _queue.RemoveFirst());
    }

    [Fact]
    public void Room_ends_with_the_number_of_requests()
    {
        Add("a");
        Add("b");
        Assert.True(_queue.HasRoom);
        Add("c");
        Assert.False(_queue.HasRoom);

        _queue.RemoveFirst();
        Assert.True(_queue.HasRoom);
    }

    [Fact]
    public void Room_ends_with_the_bytes_of_those_that_wait()
    {
        Add("a", bytes: 99);
        Assert.True(_queue.HasRoom);
        Add("b", bytes: 1);
        Assert.False(_queue.HasRoom);

        _queue.Submit();
        Assert.True(_queue.HasRoom);
        Add("c", bytes: 99);
        Assert.False(_queue.HasRoom);
    }

    [Fact]
    public void Bytes_are_counted_once_per_request()
    {
        for (var round = 0; round < 10; round++)
        {
            Add("submitted", bytes: 99);
            _queue.Submit();
            _queue.RemoveFirst();
            Add("answered at once", bytes: 99);
            _queue.RemoveFirst();
            Add("given up", bytes: 49);
            _queue.Submit();
            Add("never started", bytes: 50);
            _queue.GiveUpBefore(long.MaxValue);
        }

        Add("a", bytes: 99);
        Assert.True(_queue.HasRoom);
        Add("b", bytes: 1);
        Assert.False(_queue.HasRoom);
    }

    private RequestQueue.Entry Add(string command, long bytes = 1, bool isSync = false) =>
        _queue.Add(id: null, new QmpRequest(command, new JObject()), bytes, isSync, isImmediate: false);
}
