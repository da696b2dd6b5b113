using Newtonsoft.Json.Linq;
using Qga.Transport.Activity;
using Qga.Transport.Protocol;

namespace Qga.Transport;

/// <summary>
/// The requests of one channel that are not answered yet, in their order. Only the first is being carried out, and with it those
/// right behind it if it and they are of the kind that is carried out at once. Plain code that decides what becomes of each;
/// <see cref="TransportActor"/> decides when.
/// </summary>
internal sealed class RequestQueue(int mostRequests, long mostBytes)
{
    /// <summary>The most requests that are carried out together: about what an actor takes in one turn.</summary>
    internal const int MostTogether = 32;

    private readonly Queue<Entry> _submitted = new();
    private readonly Queue<Entry> _waiting = new();
    private long _lastSequence;
    private long _bytes;

    internal bool IsEmpty => First is null;

    /// <summary>What those take that wait.</summary>
    internal long WaitingBytes => _bytes;

    /// <summary>Whether another request may be read: the memory that waiting requests take is bounded.</summary>
    internal bool HasRoom => _submitted.Count + _waiting.Count < mostRequests && _bytes < mostBytes;

    internal Entry? First => _submitted.TryPeek(out var first) || _waiting.TryPeek(out first) ? first : null;

    internal IEnumerable<Entry> UnderWay => _submitted.Where(entry => entry.IsUnderWay);

    /// <summary>Whether the next answer is about to come, without waiting for anything.</summary>
    internal bool IsAnswerNear => _submitted.Any(static entry => entry.IsImmediate && entry.IsUnderWay);

    internal Entry Add(JToken? id, QmpResponse response, long bytes) => Add(new Entry(++_lastSequence, null, id, bytes) { Response = response });

    internal Entry Add(JToken? id, QmpRequest request, long bytes, bool isSync, bool isImmediate) =>
        Add(new Entry(++_lastSequence, request, id, bytes) { IsSync = isSync, IsImmediate = isImmediate });

    /// <summary>Notes the answer of the request with that sequence; false if that request has been given up.</summary>
    internal bool TryAnswer(long sequence, QmpResponse response)
    {
        foreach (var entry in _submitted)
        {
            if (entry.Sequence != sequence)
                continue;
            entry.Response = response;
            return true;
        }

        return false;
    }

    /// <summary>The next request that may be carried out now, which waits no more; null if there is none.</summary>
    internal Entry? Submit()
    {
        if (!_waiting.TryPeek(out var next) || next.Request is null)
            return null;
        if (_submitted.Count > 0 && !(next.IsImmediate && IsAnswerNear && _submitted.Count < MostTogether))
            return null;
        _ = _waiting.Dequeue();
        _bytes -= next.Bytes;
        next.IsSubmitted = true;
        _submitted.Enqueue(next);
        return next;
    }

    internal Entry RemoveFirst()
    {
        if (_submitted.TryDequeue(out var submitted))
            return submitted;
        var waiting = _waiting.Dequeue();
        _bytes -= waiting.Bytes;
        return waiting;
    }

    /// <summary>Gives up every request before that sequence, save the syncs: their clients wait for nothing else.</summary>
    internal IReadOnlyList<Entry> GiveUpBefore(long sequence)
    {
        List<Entry> givenUp = [];
        GiveUp(_submitted);
        GiveUp(_waiting);
        return givenUp;

        void GiveUp(Queue<Entry> entries)
        {
            for (var rest = entries.Count; rest > 0; rest--)
            {
                var entry = entries.Dequeue();
                if (entry.Sequence >= sequence || entry.IsSync)
                {
                    entries.Enqueue(entry);
                    continue;
                }

                givenUp.Add(entry);
                if (!entry.IsSubmitted)
                    _bytes -= entry.Bytes;
            }
        }
    }

    private Entry Add(Entry entry)
    {
        _waiting.Enqueue(entry);
        _bytes += entry.Bytes;
        return entry;
    }

    /// <summary>A request, or the answer that malformed bytes get in its place.</summary>
    internal sealed class Entry(long sequence, QmpRequest? request, JToken? id, long bytes)
    {
        internal long Sequence => sequence;

        internal QmpRequest? Request => request;

        internal JToken? Id => id;

        internal long Bytes => bytes;

        internal QmpResponse? Response { get; set; }

        internal bool IsSubmitted { get; set; }

        /// <summary>What is known of it from outside, once it is being carried out.</summary>
        internal RequestRecord? Record { get; set; }

        /// <summary>Whether it is being carried out.</summary>
        internal bool IsUnderWay => IsSubmitted && Response is null;

        /// <summary>Whether its client and the agent agree anew on where they are.</summary>
        internal bool IsSync { get; init; }

        /// <summary>Whether it is carried out without waiting for anything.</summary>
        internal bool IsImmediate { get; init; }
    }
}
