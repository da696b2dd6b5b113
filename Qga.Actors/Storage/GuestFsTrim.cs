using Qga.Actors.Commands;
using Qga.Platform.Freeze;
using Qga.Transport.Protocol;

namespace Qga.Actors.Storage;

/// <summary><c>guest-fstrim</c>: tells the devices of all filesystems which blocks are unused.</summary>
public sealed record GuestFsTrim(long Minimum) : ICommand<FileSystemTrimmer>
{
    public string Account => "guest-fstrim called";

    public static GuestFsTrim Parse(QmpArguments arguments) => new(arguments.OptionalInteger("minimum") ?? 0);

    public IQmpValue Execute(FileSystemTrimmer trimmer) => new Result(trimmer.TrimAll((ulong)Minimum));

    /// <summary>What became of each filesystem; the command as a whole does not fail.</summary>
    public sealed record Result(IReadOnlyList<TrimmedPath> Paths) : IQmpValue
    {
        public void WriteTo(QmpWriter json)
        {
            json.WriteStartObject();
            json.WritePropertyName("paths");
            json.WriteStartArray();
            foreach (var path in Paths)
                path.WriteTo(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}

/// <summary>What was trimmed of one filesystem, or why it was not.</summary>
public sealed record TrimmedPath(string Path, TrimResult? Trimmed, string? Error) : IQmpValue
{
    public static TrimmedPath Of(string path, TrimResult trimmed) => new(path, trimmed, Error: null);

    public static TrimmedPath Failed(string path, string error) => new(path, Trimmed: null, error);

    public void WriteTo(QmpWriter json)
    {
        json.WriteStartObject();
        json.WriteMember("path", Path);
        if (Trimmed is { } result)
        {
            json.WriteMember("trimmed", (long)result.Trimmed);
            json.WriteMember("minimum", (long)result.Minimum);
        }
        else
        {
            json.WriteMember("error", Error!);
        }

        json.WriteEndObject();
    }
}
