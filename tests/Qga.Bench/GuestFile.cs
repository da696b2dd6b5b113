using System.Globalization;
using System.Text.RegularExpressions;

namespace Qga.Bench;

/// <summary>A file of some size that an agent has open, and its requests, made in advance.</summary>
internal sealed partial class GuestFile : IDisposable
{
    private readonly string _path = NewPath();

    private readonly Connection _connection;
    private readonly byte[] _content;
    private readonly byte[] _rewind;

    internal GuestFile(Connection connection, int size)
    {
        _connection = connection;
        _content = ContentOf(size);
        File.WriteAllBytes(_path, _content);

        var handle = long.Parse(
            Number().Match(connection.Ask($$$"""{"execute":"guest-file-open","arguments":{"path":"{{{_path}}}","mode":"r+"}}""")).Value,
            CultureInfo.InvariantCulture);
        _rewind = Request("seek", handle, "\"offset\":0,\"whence\":0");
        Write = Request("write", handle, $"\"buf-b64\":\"{Convert.ToBase64String(_content)}\"");
        Read = Request("read", handle, $"\"count\":{size}");
    }

    /// <summary>The path of a file to be made, in memory if there is a place.</summary>
    internal static string NewPath() =>
        Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"qga-bench-{Guid.NewGuid():N}");

    /// <summary>The same for the same size.</summary>
    internal static byte[] ContentOf(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        return content;
    }

    /// <summary>Writes the whole content.</summary>
    internal byte[] Write { get; }

    /// <summary>Reads the whole content.</summary>
    internal byte[] Read { get; }

    /// <summary>Lets the next request begin at the start of the file.</summary>
    internal void Rewind() => _connection.Exchange(_rewind);

    /// <summary>Shows that a write stores the content, and a read gives it.</summary>
    internal void Check()
    {
        File.WriteAllBytes(_path, new byte[_content.Length]);
        _connection.Ask(System.Text.Encoding.ASCII.GetString(Write).TrimEnd());
        Rewind();       // flushes as well
        var answer = _connection.Ask(System.Text.Encoding.ASCII.GetString(Read).TrimEnd());
        Rewind();
        if (!File.ReadAllBytes(_path).AsSpan().SequenceEqual(_content) || !answer.Contains(Convert.ToBase64String(_content), StringComparison.Ordinal))
            throw new InvalidDataException($"{_content.Length} bytes were not stored or not given back as they were");
    }

    public void Dispose() => File.Delete(_path);

    private static byte[] Request(string verb, long handle, string arguments) =>
        Connection.Request($$$"""{"execute":"guest-file-{{{verb}}}","arguments":{"handle":{{{handle}}},{{{arguments}}}}}""");

    [GeneratedRegex("[0-9]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
