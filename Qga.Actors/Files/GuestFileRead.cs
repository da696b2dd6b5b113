using Qga.Platform.Files;
using Qga.Transport.Protocol;

namespace Qga.Actors.Files;

/// <summary><c>guest-file-read</c>: reads from the file's position.</summary>
public sealed record GuestFileRead(long Handle, long Count) : IFileHandleCommand
{
    private const long DefaultCount = 4096;
    private const long LargestCount = 48 * 1024 * 1024;

    public static GuestFileRead Parse(QmpArguments arguments) =>
        new(arguments.Integer("handle"), arguments.OptionalInteger("count") ?? DefaultCount);

    public IQmpValue Execute(IGuestFile file)
    {
        if (Count is < 0 or > LargestCount)
            throw new CommandException($"value '{Count}' is invalid for argument count");

        var buffer = TransferBuffer.Rent((int)Count);
        var read = file.Read(buffer.Memory.Span);
        return new Result(buffer, read.Count, read.EndOfFile);
    }

    /// <summary>What was read, and whether the end of the file was met on the way.</summary>
    public sealed record Result(TransferBuffer Buffer, int Count, bool EndOfFile) : IQmpValue
    {
        public void WriteTo(QmpWriter json)
        {
            json.WriteStartObject();
            json.WriteMember("count", Count);
            json.WriteBase64Member("buf-b64", Buffer, Count);
            json.WriteMember("eof", EndOfFile);
            json.WriteEndObject();
        }
    }
}
