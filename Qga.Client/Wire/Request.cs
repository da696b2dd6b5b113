using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>A request, as it is to be sent.</summary>
/// <param name="Command">The command's name on the wire.</param>
/// <param name="Arguments">Its arguments; null for none.</param>
internal sealed record Request(string Command, JObject? Arguments = null)
{
    /// <summary>Bytes that are one more argument, as base64; they never become text on the way.</summary>
    internal (string Name, ReadOnlyMemory<byte> Bytes)? Data { get; init; }

    /// <summary>The member of the result that is base64 and comes as <see cref="Answer.Payload"/>.</summary>
    internal string? PayloadName { get; init; }

    /// <summary>Whether success is answered.</summary>
    internal bool IsAnswered { get; init; } = true;

    /// <summary>How many bytes the request has at most, but for its id and what <see cref="Data"/> takes.</summary>
    internal const int Envelope = 256;

    /// <summary>How long most answers are at most, as libvirt has it; in bytes.</summary>
    internal const int UsualAnswer = 10 << 20;

    /// <summary>Two outputs of 16 MiB, which is what an agent keeps, as base64; in bytes.</summary>
    private const int OutputAnswer = 44 << 20;

    /// <summary>How long the answer can be; in bytes of JSON.</summary>
    internal long LongestAnswer => Command switch
    {
        "guest-exec-status" => OutputAnswer,
        "guest-file-read" when Arguments?["count"] is JValue { Value: long and > 0 and var count } =>
            Math.Max(UsualAnswer, (Math.Min(count, int.MaxValue) / 3 * 4) + 4 + Envelope),
        _ => UsualAnswer,
    };

    /// <summary>The request as one line.</summary>
    /// <param name="id">What the answer is to repeat; null for nothing.</param>
    internal string ToText(long? id = null)
    {
        var output = new ArrayBufferWriter<byte>();
        WriteTo(output, id);
        return Encoding.UTF8.GetString(output.WrittenSpan).TrimEnd('\n');
    }

    /// <summary>Writes the request and the LF that ends it.</summary>
    internal void WriteTo(ArrayBufferWriter<byte> output, long? id)
    {
        using var text = new StringWriter();
        using var json = new JsonTextWriter(text);
        json.WriteStartObject();
        json.WritePropertyName("execute");
        json.WriteValue(Command);
        json.WritePropertyName("arguments");
        json.WriteStartObject();
        foreach (var argument in Arguments?.Properties() ?? [])
            argument.WriteTo(json);
        if (Data is { } data)
        {
            json.WritePropertyName(data.Name);
            Write(output, text.ToString());
            WriteBase64(output, data.Bytes.Span);
            Write(output, id is null ? "}}\n" : $"}},\"id\":{id}}}\n");
            return;
        }

        json.WriteEndObject();
        if (id is not null)
        {
            json.WritePropertyName("id");
            json.WriteValue(id.Value);
        }

        json.WriteEndObject();
        Write(output, text.ToString());
        Write(output, "\n");
    }

    /// <exception cref="ArgumentException">A text in the arguments is none, and would arrive as another.</exception>
    private void Write(ArrayBufferWriter<byte> output, string text)
    {
        try
        {
            StrictUtf8.Encoding.GetBytes(text, output);
        }
        catch (EncoderFallbackException failure)
        {
            throw new ArgumentException($"{Command}: an argument has half of a surrogate pair, and can't be sent", nameof(text), failure);
        }
    }

    private static void WriteBase64(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        var length = Base64.GetMaxEncodedToUtf8Length(bytes.Length);
        var span = output.GetSpan(length + 2);
        span[0] = span[length + 1] = (byte)'"';
        Base64.EncodeToUtf8(bytes, span[1..], out _, out _);
        output.Advance(length + 2);
    }
}
