namespace Qga.Platform.Logging;

/// <summary>A log that can be kept from every disk while filesystems are frozen: it holds what comes in memory meanwhile.</summary>
public interface IHeldLog
{
    /// <summary>
    /// Writes what is there, and then nothing any more until <see cref="Release"/>, neither here nor to syslog. What comes is
    /// held; if that gets too much, the oldest goes.
    /// </summary>
    /// <returns>False if a write has not ended within the limit: it may be under way on a disk.</returns>
    bool Hold(TimeSpan limit);

    /// <summary>Writes what was held, each with its own time, and whatever comes from now on.</summary>
    void Release();
}
