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
