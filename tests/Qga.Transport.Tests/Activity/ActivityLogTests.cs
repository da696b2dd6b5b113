using Qga.Transport.Activity;
using Qga.Transport.Protocol;

namespace Qga.Transport.Tests.Activity;

public class ActivityLogTests
{
    private readonly ActivityLog _log = new();

    [Fact]
    public void Connection_is_there_until_it_is_closed()
    {
        var first = _log.Open(() => "first");
        using var second = _log.Open(() => "second");
        Assert.Equal(["first", "second"], _log.Connections.Select(connection => connection.Peer));

        first.Dispose();
        Assert.Equal(["second"], _log.Connections.Select(connection => connection.Peer));
    }

    [Fact]
    public void Only_the_last_requests_are_remembered_of_closed_connections_too()
    {
        using (var connection = _log.Open(() => "peer"))
        {
            for (var number = 0; number < ActivityLog.Kept + 5; number++)
                connection.Begin($"command-{number}");
        }

        Assert.Equal(Enumerable.Range(5, ActivityLog.Kept).Select(number => $"command-{number}"), _log.Requests.Select(request => request.Command));
    }

    [Fact]
    public void Request_runs_until_it_has_a_result()
    {
        using var connection = _log.Open(() => "peer");
        var request = connection.Begin("command");
        Assert.Null(request.Result);

        request.End(QmpResponse.Success(QmpValue.Empty));
        var duration = request.Duration;
        Assert.Equal(RequestResult.Succeeded, request.Result);
        Assert.Equal(duration, request.Duration);
        Assert.True(request.Age >= duration);
    }

    [Theory]
    [InlineData(QmpErrorClass.GenericError, RequestResult.Failed)]
    [InlineData(QmpErrorClass.CommandNotFound, RequestResult.Refused)]
    public void Error_is_known_by_its_class_alone(QmpErrorClass error, RequestResult result)
    {
        using var connection = _log.Open(() => "peer");
        var request = connection.Begin("command");

        request.End(QmpResponse.Failure(new QmpError(error, "secret")));

        Assert.Equal(result, request.Result);
    }

    [Fact]
    public void Of_a_long_word_in_the_place_of_a_command_little_is_kept()
    {
        using var connection = _log.Open(() => "peer");

        Assert.Equal(new string('x', 64) + "...", connection.Begin(new string('x', 1000)).Command);
        Assert.Equal(new string('x', 64), connection.Begin(new string('x', 64)).Command);
    }
}
