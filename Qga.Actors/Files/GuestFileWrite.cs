using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Audit;
using Qga.Platform.Files;
using Qga.Platform.Policy;
using Qga.Transport.Protocol;

namespace Qga.Actors.Files;

/// <summary><c>guest-file-write</c>: writes at the file's position; what can't be stored is an error of this very call.</summary>
public sealed record GuestFileWrite(long Handle, TransferBuffer Base64Text, long? Count) : IFileHandleCommand
{
    public bool Changes => true;

    public PolicyRequest Facts(PolicyRequest request)
    {
        var size = LaxBase64.DecodedLength(Base64Text.Memory.Span);
        return request with { Size = Count is >= 0 and var count ? Math.Min(count, size) : size };
    }

    public static GuestFileWrite Parse(QmpArguments arguments) =>
        new(arguments.Integer("handle"), arguments.Utf8("buf-b64"), arguments.OptionalInteger("count"));

    public static CommandDescription Describe() => new("Writes at a file's position.")
    {
        Since = "0.15",
        Arguments =
        [
            new("handle", "the file, as guest-file-open gave it"),
            new("buf-b64", "the bytes") { IsBase64 = true },
            new("count", "how many of the bytes to write; left out for all") { Unit = "bytes", Minimum = 0 },
        ],
        Result = SchemaType.StructureOf(
            "GuestFileWrite",
            "What was written.",
            new("count", SchemaType.Integer, "how much it is") { Unit = "bytes" },
            new("eof", SchemaType.Boolean, "false")),
        Changes = "the file",
        Errors =
        [
            new("handle 'HANDLE' has not been found", "it is closed, never was open, or was opened before the agent started anew"),
            new("Base64 data contains invalid characters", "there is another than the standard alphabet's, `=` and line feed"),
            new("value 'COUNT' is invalid for argument count", "it is negative, or more than there is"),
            new("failed to write to file: REASON", "the guest can't store it: a full disk or a limit, for example"),
        ],
        Notes = ["Nothing is buffered: what can't be stored is reported by this very call. qemu-ga may report it at the flush or the close."],
    };

    public IQmpValue Execute(IGuestFile file)
    {
        using var text = Base64Text;
        var bytes = text.Memory.Span[..LaxBase64.DecodeInPlace(text.Memory.Span)];
        var count = Count ?? bytes.Length;
        if (count < 0 || count > bytes.Length)
            throw new CommandException($"value '{count}' is invalid for argument count");

        file.Write(bytes[..(int)count]);
        return new Result((int)count);
    }

    /// <summary>How many bytes were written; the end of the file means nothing to a write.</summary>
    public sealed record Result(int Count) : IQmpValue, IAuditedResult
    {
        public void Tell(AuditMembers members) => members.Add("bytes", Count);

        public void WriteTo(QmpWriter json)
        {
            json.WriteStartObject();
            json.WriteMember("count", Count);
            json.WriteMember("eof", false);
            json.WriteEndObject();
        }
    }
}
