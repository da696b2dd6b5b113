namespace Qga.Platform.Power;

/// <summary>The ways in which the guest goes down or sleeps.</summary>
public interface IGuestPower
{
    /// <summary>Has the guest go down in an orderly way, which has begun when this returns.</summary>
    /// <exception cref="PlatformException">The program that brings it down can't be run, or has failed.</exception>
    void ShutDown(ShutdownMode mode);

    /// <summary>Has the guest sleep. Where the kernel is asked itself, this returns when the guest has been woken.</summary>
    /// <exception cref="PlatformException">The guest can't sleep in this way, or the kernel refused.</exception>
    void Suspend(SuspendMode mode);
}

/// <summary>What becomes of a machine that goes down.</summary>
public enum ShutdownMode
{
    /// <summary>It stays on, and nothing runs.</summary>
    Halt,

    /// <summary>It is off.</summary>
    PowerDown,

    /// <summary>It starts again.</summary>
    Reboot,
}

/// <summary>Where the state of a guest is while it sleeps.</summary>
public enum SuspendMode
{
    Disk,
    Ram,

    /// <summary>In memory, and on the disk too, should the power fail.</summary>
    Hybrid,
}
