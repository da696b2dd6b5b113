using System.Diagnostics.CodeAnalysis;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Transport.Protocol;

/// <summary>A long string of a request, as the UTF-8 that came in: text is made of it only for who asks for text.</summary>
[SuppressMessage(
    "Design", "MA0097:A class that implements IComparable should override comparison operators", Justification = "It is never compared.")]
public sealed class LongString : JValue
{
    internal LongString(TransferBuffer utf8)
        : base((object)Array.Empty<byte>()) => Utf8 = utf8;

    public TransferBuffer Utf8 { get; }

    [RequiresUnreferencedCode("As the base method, whose converters are not used here.")]
    [RequiresDynamicCode("As the base method, whose converters are not used here.")]
    public override void WriteTo(JsonWriter writer, params JsonConverter[] converters)
    {
        if (writer is QmpWriter json)
            json.WriteLongString(Utf8.Memory);
        else
            writer.WriteValue(Encoding.UTF8.GetString(Utf8.Memory.Span));
    }
}
