using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Audit;
using Qga.Platform.Files;
using Qga.Platform.Policy;
using Qga.Transport.Protocol;

namespace Qga.Actors.Files;

/// <summary><c>guest-file-read</c>: reads from the file's position.</summary>
public sealed record GuestFileRead(long Handle, long Count) : IFileHandleCommand
{
    private const long DefaultCount = 4096;
    private const long LargestCount = 48 * 1024 * 1024;

    public PolicyRequest Facts(PolicyRequest request) => request with { Size = Count };

    public static GuestFileRead Parse(QmpArguments arguments) =>
        new(arguments.Integer("handle"), arguments.OptionalInteger("count") ?? DefaultCount);

    public static CommandDescription Describe() => new("Reads from a file's position.")
    {
        Since = "0.15",
        Arguments =
        [
            new("handle", "the file, as guest-file-open gave it"),
            new("count", "how much to read at most") { Unit = "bytes", Default = DefaultCount, Minimum = 0, Maximum = LargestCount },
        ],
        Result = SchemaType.StructureOf(
            "GuestFileRead",
            "What was read.",
            new("count", SchemaType.Integer, "how much it is") { Unit = "bytes" },
            new("buf-b64", SchemaType.Base64, "the bytes"),
            new("eof", SchemaType.Boolean, "whether the end of the file was met on the way; the next read may go beyond")),
        Changes = "the file's position",
        Errors =
        [
            new("handle 'HANDLE' has not been found", "it is closed, never was open, or was opened before the agent started anew"),
            new("value 'COUNT' is invalid for argument count", "it is out of its range"),
            new("failed to read file: REASON", "the guest refuses"),
        ],
    };

    public IQmpValue Execute(IGuestFile file)
    {
        if (Count is < 0 or > LargestCount)
            throw new CommandException($"value '{Count}' is invalid for argument count");

        var buffer = TransferBuffer.Rent((int)Count);
        var read = file.Read(buffer.Memory.Span);
        return new Result(buffer, read.Count, read.EndOfFile);
    }

    /// <summary>What was read, and whether the end of the file was met on the way.</summary>
    public sealed record Result(TransferBuffer Buffer, int Count, bool EndOfFile) : IQmpValue, IAuditedResult
    {
        public void Tell(AuditMembers members) => members.Add("bytes", Count);

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
