using Qga.Actors.Schema;
using Qga.Platform.Files;
using Qga.Transport.Protocol;

namespace Qga.Actors.Files;

/// <summary><c>guest-file-seek</c>: moves the file's position. <paramref name="Whence"/> is a code that may be wrong still.</summary>
public sealed record GuestFileSeek(long Handle, long Offset, long Whence) : IFileHandleCommand
{
    private static readonly string[] Words = ["set", "cur", "end"];

    public static GuestFileSeek Parse(QmpArguments arguments)
    {
        var handle = arguments.Integer("handle");
        var offset = arguments.Integer("offset");
        var (code, word) = arguments.IntegerOrWord("whence", "GuestFileWhence", Words);
        return new GuestFileSeek(handle, offset, code ?? Array.IndexOf(Words, word));
    }

    public static CommandDescription Describe() => new("Moves a file's position.")
    {
        Since = "0.15",
        Arguments =
        [
            new("handle", "the file, as guest-file-open gave it"),
            new("offset", "how far") { Unit = "bytes" },
            new("whence", "from where: 0 or `set` for the beginning, 1 or `cur` for the position, 2 or `end` for the end"),
        ],
        Result = SchemaType.StructureOf(
            "GuestFileSeek",
            "Where the file is now.",
            new("position", SchemaType.Integer, "from the beginning") { Unit = "bytes" },
            new("eof", SchemaType.Boolean, "false: only a read meets the end")),
        Changes = "the file's position",
        Errors =
        [
            new("handle 'HANDLE' has not been found", "it is closed, never was open, or was opened before the agent started anew"),
            new("invalid whence code CODE", "it is another number than 0, 1 and 2"),
            new("failed to seek file: REASON", "a position before the beginning, or what can't be moved about in"),
        ],
    };

    public IQmpValue Execute(IGuestFile file)
    {
        if (Whence is < 0 or > 2)
            throw new CommandException($"invalid whence code {Whence}");
        return new Result(file.Seek(Offset, (SeekOrigin)Whence));
    }

    /// <summary>The new position; seeking never meets the end of the file.</summary>
    public sealed record Result(long Position) : IQmpValue
    {
        public void WriteTo(QmpWriter json)
        {
            json.WriteStartObject();
            json.WriteMember("position", Position);
            json.WriteMember("eof", false);
            json.WriteEndObject();
        }
    }
}
