using System.Globalization;

namespace Qga.Platform.Native;

/// <summary>The number of a block device, as the kernel writes it: <c>MAJOR:MINOR</c>.</summary>
public readonly record struct DeviceNumber(uint Major, uint Minor)
{
    /// <summary>Null if the text is no such number.</summary>
    public static DeviceNumber? Parse(ReadOnlySpan<char> text)
    {
        var colon = text.IndexOf(':');
        return colon > 0
            && uint.TryParse(text[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            && uint.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            ? new DeviceNumber(major, minor)
            : null;
    }

    /// <summary>The inverse of <see cref="ToInt64"/>.</summary>
    internal static DeviceNumber FromInt64(long number) => new((uint)(number >> 32), (uint)number);

    /// <summary>Both in one number.</summary>
    internal long ToInt64() => ((long)Major << 32) | Minor;

    public override string ToString() => $"{Major}:{Minor}";
}
