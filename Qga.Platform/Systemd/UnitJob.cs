namespace Qga.Platform.Systemd;

/// <summary>What systemd is doing with a unit, as far as its end is concerned.</summary>
public enum UnitJob
{
    /// <summary>Nothing, or nothing that ends it.</summary>
    None,

    /// <summary>It is stopped: by an administrator, by a unit that conflicts with it, or because the guest shuts down.</summary>
    Stop,

    /// <summary>It is stopped to be started again.</summary>
    Restart,
}
