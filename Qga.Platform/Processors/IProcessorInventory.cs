namespace Qga.Platform.Processors;

/// <summary>The guest's processors, and how busy they are.</summary>
public interface IProcessorInventory
{
    /// <summary>All processors that are there, in the kernel's order.</summary>
    /// <exception cref="PlatformException">The kernel does not tell.</exception>
    IReadOnlyList<Processor> Processors();

    /// <summary>Has a processor work, or rest; nothing is done where it does already.</summary>
    /// <exception cref="PlatformException">There is no such processor, it can't be taken offline, or the kernel refuses.</exception>
    void SetOnline(long processor, bool isOnline);

    /// <summary>What the processors that are online have spent their time with.</summary>
    /// <exception cref="PlatformException">The kernel does not tell.</exception>
    IReadOnlyList<ProcessorTimes> Times();

    /// <exception cref="PlatformException">The kernel does not tell.</exception>
    LoadAverage Load();
}

/// <summary>A processor.</summary>
/// <param name="Id">The kernel's number.</param>
/// <param name="IsOnline">Whether it works.</param>
/// <param name="CanOffline">Whether it may be told to rest.</param>
public sealed record Processor(long Id, bool IsOnline, bool CanOffline);

/// <summary>How many processes were running or waiting to, on average over 1, 5 and 15 minutes.</summary>
public readonly record struct LoadAverage(double OneMinute, double FiveMinutes, double FifteenMinutes);
