using Qga.Platform.Audit;
using Qga.Testing;

namespace Qga.Platform.Tests.Audit;

/// <summary>A place whose writes take as long as a test says.</summary>
public sealed class AuditSinkTests : IDisposable
{
    private readonly AuditLab _lab = new();
    private readonly SlowSink _sink;

    public AuditSinkTests() => _sink = new SlowSink(_lab);

    public void Dispose()
    {
        _sink.Gate.Set();
        _sink.Dispose();
        _lab.Dispose();
    }

    /// <remarks>What the freeze catches in the kernel keeps the agent from ending, and the next one from starting.</remarks>
    [Fact]
    public async Task Hold_waits_for_what_is_being_written_and_nothing_new_begins()
    {
        _sink.Add("a");
        Eventually.True(() => _sink.Begun == 1);
        _sink.Add("b");
        _sink.Hold();
        _sink.AwaitRest(TimeSpan.FromMilliseconds(1));
        Assert.Equal((0, 2), (_sink.State.Written, _sink.State.Waiting));

        var rest = Task.Run(() => _sink.AwaitRest(TimeSpan.FromMinutes(1)));
        _sink.Gate.Set();
        await rest;
        Assert.Equal((1, 1), (_sink.State.Written, _sink.State.Waiting));
        Assert.Equal(1, _sink.Begun);
    }

    [Fact]
    public void Nobody_waits_long_for_a_place_that_is_slow()
    {
        for (var number = 0; number <= AuditSink<string>.MostWaiting / 2; number++)
            _sink.Add("a");
        Eventually.True(() => !_sink.IsBehind);

        Assert.InRange(_sink.State.Waiting, AuditSink<string>.MostWaiting / 2, AuditSink<string>.MostWaiting);
    }

    private sealed class SlowSink(AuditLab lab) : AuditSink<string>("slow", lab)
    {
        internal ManualResetEventSlim Gate { get; } = new();

        internal int Begun { get; private set; }

        protected override string? Write(IReadOnlyList<string> records, out int settled)
        {
            Begun++;
            Gate.Wait();
            settled = records.Count;
            return null;
        }

        protected override int SizeOf(string record) => record.Length;

        protected override string Lost(string first, long count) => $"{count}";
    }
}
