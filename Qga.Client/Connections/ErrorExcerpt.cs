using System.Text;

namespace Qga.Client;

/// <summary>What a program has written to its error output, which is read to its end and kept in part.</summary>
internal sealed class ErrorExcerpt
{
    private const int Longest = 16 << 10;
    private const int LastLines = 5;

    private readonly bool _isStart;
    private readonly Lock _gate = new();
    private byte[] _kept = [];

    private ErrorExcerpt(Stream stream, bool isStart)
    {
        _isStart = isStart;
        Ended = ReadAsync(stream);
    }

    /// <summary>Completes when there is no more to read.</summary>
    internal Task Ended { get; }

    /// <summary>What was kept.</summary>
    internal string Text
    {
        get
        {
            lock (_gate)
                return Encoding.UTF8.GetString(_kept).Trim();
        }
    }

    /// <summary>The last lines, for the end of a sentence.</summary>
    internal string AfterColon => Text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } lines
        ? $": {string.Join("; ", lines.TakeLast(LastLines))}"
        : "";

    internal static ErrorExcerpt OfStart(Stream stream) => new(stream, isStart: true);

    internal static ErrorExcerpt OfEnd(Stream stream) => new(stream, isStart: false);

    private async Task ReadAsync(Stream stream)
    {
        var block = new byte[4 << 10];
        try
        {
            while (await stream.ReadAsync(block).ConfigureAwait(false) is > 0 and var count)
            {
                lock (_gate)
                    _kept = [.. _isStart ? _kept.Concat(block.Take(count)).Take(Longest) : _kept.Concat(block.Take(count)).TakeLast(Longest)];
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The program is gone, and its streams are closed.
        }
    }
}
