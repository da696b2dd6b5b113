using Qga.Actors.Commands;
using Qga.Platform.Files;
using Qga.Transport.Protocol;

namespace Qga.Actors.Files;

/// <summary><c>guest-file-write</c>: writes at the file's position; what can't be stored is an error of this very call.</summary>
public sealed record GuestFileWrite(long Handle, TransferBuffer Base64Text, long? Count) : IFileHandleCommand
{
    public static GuestFileWrite Parse(QmpArguments arguments) =>
        new(arguments.Integer("handle"), arguments.Utf8("buf-b64"), arguments.OptionalInteger("count"));

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
    public sealed record Result(int Count) : IQmpValue
    {
        public void WriteTo(QmpWriter json)
        {
            json.WriteStartObject();
            json.WriteMember("count", Count);
            json.WriteMember("eof", false);
            json.WriteEndObject();
        }
    }
}
