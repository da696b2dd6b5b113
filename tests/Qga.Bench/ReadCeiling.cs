namespace Qga.Bench;

/// <summary>How near reads of a file come to what a unix socket gives: the other contender is a <see cref="ReadServer"/>.</summary>
internal sealed class ReadCeiling : IMeasurement
{
    private static readonly byte[] Line = "read\n"u8.ToArray();

    public string Name => "ceiling";

    public string Method => "as file read, beside a server in C that encodes nothing in the place of qemu-ga";

    public int Runs => FileTransfer.Read.Runs;

    public IReadOnlyList<Reading> Take(Contender contender) => contender == Contender.Ours
        ? [.. FileTransfer.Read.Take(contender).Select(reading => reading with { Figure = NameOf(reading.Figure) })]
        : [.. FileTransfer.Sizes.Select(size => new Reading(NameOf($"file read {size.Name}"), "MB/s", OfServer(size.Bytes)))];

    private static string NameOf(string figure) => $"{figure}, beside C";

    private static double OfServer(int size)
    {
        var (file, answer) = (GuestFile.NewPath(), GuestFile.NewPath());
        try
        {
            var content = GuestFile.ContentOf(size);
            File.WriteAllBytes(file, content);
            File.WriteAllText(answer, $$$"""{"return": {"count": {{{size}}}, "buf-b64": "{{{Convert.ToBase64String(content)}}}", "eof": false}}""" + "\n");
            using var server = new ReadServer(file, answer);
            using var connection = new Connection(server.SocketPath);
            return FileTransfer.Throughput(connection, size, Line, () => { });
        }
        finally
        {
            File.Delete(file);
            File.Delete(answer);
        }
    }
}
