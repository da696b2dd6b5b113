using Qga.Transport.Activity;
using Qga.Transport.Protocol;

namespace Qga.Transport.Tests.Activity;

public class RequestCountersTests
{
    private readonly ActivityLog _log = new(["guest-ping", "guest-exec"]);

    [Fact]
    public void Requests_are_counted_by_command_and_result_and_what_is_no_command_as_one()
    {
        using var connection = _log.Open(() => "peer");
        connection.Begin("guest-ping").End(QmpResponse.Success(QmpValue.Empty));
        connection.Begin("guest-ping").End(QmpResponse.Silence);
        connection.Begin("guest-ping").End(QmpResponse.Failure(QmpError.Generic("x")));
        connection.Begin("guest-ping").GiveUp();
        connection.Begin("nonsense").End(QmpResponse.Failure(QmpError.UnknownCommand("nonsense")));
        connection.Begin("more").End(QmpResponse.Failure(QmpError.UnknownCommand("more")));

        Assert.Equal(["guest-ping", ""], _log.Counters.All.Select(command => command.Name));
        var ping = _log.Counters.All.First();
        Assert.Equal((2, 1, 1, 0), (ping.Of(RequestResult.Succeeded), ping.Of(RequestResult.Failed), ping.Of(RequestResult.GivenUp), ping.Of(RequestResult.Refused)));
        Assert.Equal(2, _log.Counters.All.Last().Of(RequestResult.Refused));
        Assert.Equal(4, ping.Total);
    }

    [Fact]
    public void Time_is_counted_in_the_span_that_it_is_in()
    {
        var counters = new CommandCounters("x");
        var frequency = System.Diagnostics.Stopwatch.Frequency;
        counters.Count(RequestResult.Succeeded, frequency / 10_000);
        counters.Count(RequestResult.Succeeded, (frequency / 10_000) + 1);
        counters.Count(RequestResult.Succeeded, 3 * frequency);
        counters.Count(RequestResult.Succeeded, 60 * frequency);

        Assert.Equal(CommandCounters.Bounds.Length + 1, counters.BySpan.Count);
        Assert.Equal((1, 1, 1), (counters.BySpan[0], counters.BySpan[1], counters.BySpan[^1]));
        Assert.Equal(1, counters.BySpan[Array.IndexOf(CommandCounters.Bounds, 5)]);
        Assert.Equal(63.0002, counters.Seconds, 0.0001);
    }

    [Fact]
    public void To_count_allocates_nothing()
    {
        var counters = new CommandCounters("x");
        counters.Count(RequestResult.Succeeded, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var number = 0; number < 1000; number++)
            counters.Count(RequestResult.Failed, number);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Threads_lose_no_count()
    {
        using var connection = _log.Open(() => "peer");
        Parallel.For(0, 10_000, _ => connection.Begin("guest-exec").End(QmpResponse.Silence));

        Assert.Equal(10_000, Assert.Single(_log.Counters.All).Total);
    }

    [Fact]
    public void Connection_that_is_no_hosts_is_neither_listed_nor_counted()
    {
        using var connection = _log.OpenUnlisted(() => "root", "control");
        connection.Begin("guest-ping").End(QmpResponse.Silence);

        Assert.Empty(_log.Connections);
        Assert.Empty(_log.Requests);
        Assert.Empty(_log.Counters.All);
    }

    [Fact]
    public void Listener_hears_of_the_end_once_and_is_forgotten()
    {
        using var connection = _log.Open(() => "peer", "virtio-serial");
        var listener = new Listener();
        var (answered, givenUp) = (connection.Begin("guest-exec"), connection.Begin("guest-ping"));
        (answered.Listener, givenUp.Listener) = (listener, listener);
        answered.End(QmpResponse.Success(QmpValue.Of(5)));
        givenUp.GiveUp();
        answered.GiveUp();

        Assert.Equal(["guest-exec virtio-serial Succeeded True", "guest-ping virtio-serial GivenUp False"], listener.Heard);
    }

    [Fact]
    public void Who_carries_it_out_says_what_an_error_does_not()
    {
        using var connection = _log.Open(() => "peer");
        var (refused, overdue, succeeded) = (connection.Begin("guest-exec"), connection.Begin("guest-exec"), connection.Begin("guest-exec"));
        (refused.Verdict, overdue.Verdict, succeeded.Verdict) = (RequestResult.Refused, RequestResult.Overdue, RequestResult.Overdue);
        refused.End(QmpResponse.Failure(QmpError.Generic("refused")));
        overdue.End(QmpResponse.Failure(QmpError.Generic("overdue")));
        succeeded.End(QmpResponse.Silence);

        Assert.Equal((RequestResult.Refused, RequestResult.Overdue, RequestResult.Succeeded), (refused.Result, overdue.Result, succeeded.Result));
    }

    private sealed class Listener : IRequestListener
    {
        internal List<string> Heard { get; } = [];

        public void OnEnded(RequestRecord request, QmpResponse? response) =>
            Heard.Add($"{request.Command} {request.Connection.Channel} {request.Result} {response is not null}");
    }
}
