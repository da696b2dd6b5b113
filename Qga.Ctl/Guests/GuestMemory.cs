using System.Globalization;
using System.Text;
using Qga.Client;
using Qga.Ctl.Output;

namespace Qga.Ctl.Guests;

/// <summary>The memory of a guest with Linux, whose /proc/meminfo is read: the protocol has no command for it.</summary>
/// <param name="Total">In bytes.</param>
/// <param name="Available">What programs can have without swapping; in bytes.</param>
internal sealed record GuestMemory(long Total, long Available)
{
    private const int LongestFile = 64 << 10;

    internal int? PercentUsed => Quantity.Percent(Total - Available, Total);

    public override string ToString() => $"{Quantity.Bytes(Total - Available)} of {Quantity.Bytes(Total)} used ({PercentUsed} %)";

    /// <returns>Null if the guest has no such file.</returns>
    /// <exception cref="QgaException">The guest can't be reached.</exception>
    internal static async Task<GuestMemory?> ReadAsync(GuestAgent guest, CancellationToken cancellationToken) =>
        await ReadFileAsync(guest, "/proc/meminfo", cancellationToken) is { } text ? Parse(text) : null;

    /// <summary>The start of a small file.</summary>
    /// <returns>Null if it can't be read.</returns>
    internal static async Task<string?> ReadFileAsync(GuestAgent guest, string path, CancellationToken cancellationToken)
    {
        try
        {
            // An open is not given up: nobody would know the handle.
            var handle = await guest.FileOpenAsync(path, GuestFileMode.R, CancellationToken.None);
            try
            {
                return Encoding.UTF8.GetString((await guest.FileReadAsync(handle, LongestFile, cancellationToken)).Data);
            }
            finally
            {
                await guest.FileCloseAsync(handle, CancellationToken.None);
            }
        }
        catch (Exception failure) when (Question.IsUntold(failure))
        {
            return null;
        }
    }

    internal static GuestMemory? Parse(string text) =>
        FieldOf(text, "MemTotal") is { } total && FieldOf(text, "MemAvailable") is { } available && available <= total
            ? new GuestMemory(total, available)
            : null;

    private static long? FieldOf(string text, string name)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var head, var digits, "kB"] && head == $"{name}:"
                && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes) && kibibytes < long.MaxValue >> 10)
                return kibibytes << 10;
        }

        return null;
    }
}
