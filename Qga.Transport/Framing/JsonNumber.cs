using System.Globalization;
using Newtonsoft.Json.Linq;

namespace Qga.Transport.Framing;

/// <summary>Values of number tokens.</summary>
internal static class JsonNumber
{
    /// <summary>A <see cref="long"/>, else a <see cref="ulong"/>, else a <see cref="double"/>.</summary>
    public static JValue OfInteger(ReadOnlySpan<byte> token)
    {
        if (long.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var signed))
            return new JValue(signed);
        if (ulong.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var unsigned))
            return new JValue(unsigned);
        return OfFloat(token);
    }

    /// <summary>A <see cref="double"/>, infinite when the number is past the largest one.</summary>
    public static JValue OfFloat(ReadOnlySpan<byte> token) =>
        new(double.Parse(token, NumberStyles.Float, CultureInfo.InvariantCulture));
}
