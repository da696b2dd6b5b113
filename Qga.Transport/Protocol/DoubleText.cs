using System.Globalization;

namespace Qga.Transport.Protocol;

/// <summary>Doubles in the form of C's <c>%.17g</c>, printf(3): infinities as <c>inf</c>, though that is no JSON.</summary>
internal static class DoubleText
{
    private const int Digits = 17;

    internal static string Of(double value)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

        // "d.dddddddddddddddde+xxx": the sign, 17 significant digits, and the exponent that chooses between the two styles of %g.
        var scientific = value.ToString("e16", CultureInfo.InvariantCulture);
        var mark = scientific.IndexOf('e', StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var sign = scientific[0] == '-' ? "-" : "";
        var digits = scientific[sign.Length..mark].Remove(1, 1);

        if (exponent is < -4 or >= Digits)
            return $"{sign}{Point(digits, 1)}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        return exponent < 0
            ? sign + Point(new string('0', -exponent) + digits, 1)
            : sign + Point(digits, exponent + 1);
    }

    private static string Point(string digits, int integerDigits)
    {
        var fraction = digits[integerDigits..].TrimEnd('0');
        return fraction.Length == 0 ? digits[..integerDigits] : $"{digits[..integerDigits]}.{fraction}";
    }
}
