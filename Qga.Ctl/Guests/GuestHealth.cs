using System.Globalization;
using Qga.Client;
using Qga.Ctl.Output;

namespace Qga.Ctl.Guests;

/// <summary>How a guest does at a moment.</summary>
/// <param name="Freeze">Whether it is frozen; null if nobody knows.</param>
/// <param name="Load">Of the last minute, five and fifteen; null if it is not told.</param>
/// <param name="Memory">Null if it is not told.</param>
/// <param name="FileSystems">By mount point, how much is used of how much, in bytes; null if it is not told.</param>
internal sealed record GuestHealth(
    FreezeStatus? Freeze, double[]? Load, GuestMemory? Memory, IReadOnlyList<(string MountPoint, ulong Used, ulong Total)>? FileSystems)
{
    /// <summary>The filesystem with the least room, by its share.</summary>
    internal (string MountPoint, int Percent)? Fullest => FileSystems?
        .Where(mount => mount.Total > 0)
        .Select(mount => (mount.MountPoint, Percent: Quantity.Percent(mount.Used, mount.Total)!.Value))
        .OrderByDescending(mount => mount.Percent)
        .Cast<(string, int)?>()
        .FirstOrDefault();

    /// <summary>Asks a guest, which is left alone in between: others may want its socket.</summary>
    /// <exception cref="QgaException">It does not answer.</exception>
    internal static async Task<GuestHealth> AskAsync(GuestAddress address, GuestAgentOptions options, CancellationToken cancellationToken)
    {
        await using var guest = await GuestAgent.ConnectAsync(address, options, cancellationToken);
        var freeze = await Question.TryAsync<FreezeStatus?>(async () => await guest.GetFreezeStatusAsync(cancellationToken));
        if (freeze == FreezeStatus.Frozen)
            return new GuestHealth(freeze, null, null, null);
        var load = await LoadAsync(guest, cancellationToken);
        var memory = await GuestMemory.ReadAsync(guest, cancellationToken);
        var mounts = await Question.TryAsync(() => guest.GetFsInfoAsync(cancellationToken));
        return new GuestHealth(freeze, load, memory, mounts?
            .Where(mount => mount is { UsedBytes: not null, TotalBytes: not null })
            .Select(mount => (mount.MountPoint, mount.UsedBytes!.Value, mount.TotalBytes!.Value)).ToList());
    }

    private static async Task<double[]?> LoadAsync(GuestAgent guest, CancellationToken cancellationToken)
    {
        if (await Question.TryAsync(() => guest.GetLoadAsync(cancellationToken)) is { } load)
            return [load.Load1m, load.Load5m, load.Load15m];

        // An agent of before 10.0 has no command for it.
        return await GuestMemory.ReadFileAsync(guest, "/proc/loadavg", cancellationToken) is { } text ? ParseLoad(text) : null;
    }

    internal static double[]? ParseLoad(string text)
    {
        var numbers = text.Split(' ').Take(3)
            .Select(word => double.TryParse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : double.NaN)
            .ToArray();
        return numbers.Length == 3 && Array.TrueForAll(numbers, double.IsFinite) ? numbers : null;
    }
}
