using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;
using System.Text.Unicode;

namespace Qga.Platform.Native;

/// <summary>
/// Paths as the kernel has them: bytes. One that is not UTF-8 becomes a lone surrogate from U+DC80 on, so that no two paths
/// become one text and every text leads back to its path.
/// </summary>
internal static class KernelPath
{
    private const int StandIns = 0xDC00;

    public static string Decode(ReadOnlySpan<byte> path)
    {
        if (Utf8.IsValid(path))
            return Encoding.UTF8.GetString(path);

        var text = new StringBuilder(path.Length);
        while (!path.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(path, out var rune, out var length) == OperationStatus.Done)
            {
                text.Append(rune);
            }
            else
            {
                text.Append((char)(StandIns + path[0]));
                length = 1;
            }

            path = path[length..];
        }

        return text.ToString();
    }

    /// <summary>The path that <see cref="Decode"/> made the text of, ending in NUL.</summary>
    public static byte[] Encode(string text) => Encode(text, []).ToArray();

    /// <summary>As <see cref="Encode(string)"/>, in the buffer if it is large enough for any text of that length.</summary>
    public static ReadOnlySpan<byte> Encode(string text, Span<byte> buffer)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            var most = Encoding.UTF8.GetMaxByteCount(text.Length) + 1;
            if (buffer.Length < most)
                buffer = new byte[most];
            var end = Encoding.UTF8.GetBytes(text, buffer);
            buffer[end] = 0;
            return buffer[..(end + 1)];
        }

        var path = new List<byte>(text.Length + 1);
        Span<byte> utf8 = stackalloc byte[4];
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done)
                path.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
            else
                path.Add((byte)(rest[0] - StandIns));
            rest = rest[length..];
        }

        return (byte[])[.. path, 0];
    }

    /// <summary>The text with U+FFFD in place of what is not UTF-8. Other paths may look the same then.</summary>
    public static string Readable(string text) => IsUtf8(text) ? text : Encoding.UTF8.GetString(Bytes(text));

    /// <summary>The text with <c>\xe9</c> in place of a byte that is not UTF-8, and so for U+FFFD and backslashes: no two paths become one.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        for (var path = Bytes(text); !path.IsEmpty;)
        {
            var isRune = Rune.DecodeFromUtf8(path, out var rune, out var length) == OperationStatus.Done;
            if (isRune && rune != Rune.ReplacementChar && rune.Value != '\\')
                escaped.Append(rune);
            else
                foreach (var octet in path[..length])
                    escaped.Append(CultureInfo.InvariantCulture, $"\\x{octet:x2}");
            path = path[length..];
        }

        return escaped.ToString();
    }

    public static bool IsUtf8(string text) => !text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') || Utf8.IsValid(Bytes(text));

    /// <summary>As <see cref="Encode(string)"/>, without the NUL.</summary>
    public static ReadOnlySpan<byte> Bytes(string text) => Encode(text).AsSpan()[..^1];

    /// <summary>The path that <see cref="Escape"/> may have made the text of: where it has nothing to say, that is the text.</summary>
    public static string FromEscape(string text)
    {
        if (!text.Contains("\\x", StringComparison.Ordinal))
            return text;
        var path = new List<byte>(text.Length);
        for (var rest = Bytes(text); !rest.IsEmpty;)
        {
            var isEscape = rest is [(byte)'\\', (byte)'x', _, _, ..]
                && byte.TryParse(rest[2..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
            path.Add(isEscape ? byte.Parse(rest[2..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : rest[0]);
            rest = rest[(isEscape ? 4 : 1)..];
        }

        return Decode([.. path]);
    }

    /// <summary>Decodes a field of a table in /proc, where a byte may stand as a backslash and three octal digits.</summary>
    /// <param name="field">Each character is one byte.</param>
    public static string Unescape(ReadOnlySpan<char> field)
    {
        if (Ascii.IsValid(field) && !field.Contains('\\'))
            return field is "/" ? "/" : field.ToString();

        var path = new List<byte>(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length
                && field[i + 1] is >= '0' and <= '3' && IsOctal(field[i + 2]) && IsOctal(field[i + 3]))
            {
                path.Add((byte)((field[i + 1] - '0') << 6 | (field[i + 2] - '0') << 3 | (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                path.Add((byte)field[i]);
            }
        }

        return Decode([.. path]);

        static bool IsOctal(char digit) => digit is >= '0' and <= '7';
    }

    /// <summary>How a call of the C library gets a path: <see cref="Encode(string)"/> on the stack.</summary>
    [CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(Marshaller))]
    public ref struct Marshaller
    {
        private ReadOnlySpan<byte> _path;

        /// <summary>Room for most paths, with all that UTF-8 may make of them, in bytes.</summary>
        public static int BufferSize => 512;

        public void FromManaged(string path, Span<byte> buffer) => _path = Encode(path, buffer);

        public readonly ref readonly byte GetPinnableReference() => ref MemoryMarshal.GetReference(_path);

        /// <summary>Called while what <see cref="GetPinnableReference"/> returns is pinned.</summary>
        public readonly unsafe byte* ToUnmanaged() => (byte*)Unsafe.AsPointer(in GetPinnableReference());

        public readonly void Free()
        {
        }
    }
}
