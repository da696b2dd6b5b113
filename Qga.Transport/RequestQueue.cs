using Newtonsoft.Json.Linq;
using Qga.Transport.Activity;
using Qga.Transport.Protocol;

namespace Qga.Transport;

/// <summary>
/// The requests of one channel that are not answered yet, in their order; only the first is ever being carried out. Plain code
/// that decides what becomes of each; <see cref="TransportActor"/> decides when.
/// </summary>
internal sealed class RequestQueue(int mostRequests, long mostBytes)
{
    private readonly Queue<Entry> _entries = new();
    private long _lastSequence;
    private long _bytes;

    internal bool IsEmpty => _entries.Count == 0;

    /// <summary>Whether another request may be read: the memory that waiting requests take is bounded.</summary>
    internal bool HasRoom => _entries.Count < mostRequests && _bytes < mostBytes;

    internal Entry? First => _entries.TryPeek(out var first) ? first : null;

    internal Entry Add(QmpRequest? request, QmpResponse? response, JToken? id, long bytes, bool isSync = false)
    {
        var entry = new Entry(++_lastSequence, request, id, bytes) { Response = response, IsSync = isSync };
        _entries.Enqueue(entry);
        _bytes += bytes;
        return entry;
    }

    /// <summary>Notes the answer of the request with that sequence; false if that request has been given up.</summary>
    internal bool TryAnswer(long sequence, QmpResponse response)
    {
        if (First is not { } first || first.Sequence != sequence)
            return false;
        first.Response = response;
        return true;
    }

    /// <summary>Notes that the first request is being carried out; it waits no more.</summary>
    internal void SubmitFirst()
    {
        var first = _entries.Peek();
        first.IsSubmitted = true;
        _bytes -= first.Bytes;
    }

    internal Entry RemoveFirst()
    {
        var first = _entries.Dequeue();
        if (!first.IsSubmitted)
            _bytes -= first.Bytes;
        return first;
    }

    /// <summary>Gives up every request before that sequence, save the syncs: their clients wait for nothing else.</summary>
    internal IReadOnlyList<Entry> GiveUpBefore(long sequence)
    {
        List<Entry> givenUp = [];
        for (var rest = _entries.Count; rest > 0; rest--)
        {
            var entry = RemoveFirst();
            if (entry.Sequence < sequence && !entry.IsSync)
            {
                givenUp.Add(entry);
                continue;
            }

            _entries.Enqueue(entry);
            if (!entry.IsSubmitted)
                _bytes += entry.Bytes;
        }

        return givenUp;
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

        /// <summary>Whether its client and the agent agree anew on where they are.</summary>
        internal bool IsSync { get; init; }
    }
}
