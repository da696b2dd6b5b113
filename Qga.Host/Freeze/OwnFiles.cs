using Qga.Platform;
using Qga.Platform.Audit;
using Qga.Platform.Freeze;
using Qga.Platform.Logging;
using Qga.Platform.OwnProcess;

namespace Qga.Host.Freeze;

/// <summary>The agent's own files in a freeze: the log writes nothing, the pid file waits, a crash leaves no core.</summary>
internal sealed class OwnFiles : IOwnFiles, IDisposable
{
    // stderr may be a file on a frozen filesystem, which takes nothing before the thaw.
    private static readonly TimeSpan FrozenStartLimit = TimeSpan.FromMilliseconds(500);

    // A disk that takes longer for a record holds up no freeze.
    private static readonly TimeSpan AuditLimit = TimeSpan.FromMilliseconds(200);

    private readonly AgentLog _log;
    private readonly AuditTrail _audit;
    private readonly string? _pidPath;
    private PidFile? _pidFile;
    private volatile bool _isHeld;

    /// <param name="log">The log, which is held at once if the agent starts frozen.</param>
    /// <param name="audit">The audit, which is held with it.</param>
    /// <param name="pidPath">Where a daemon's pid file goes; null for an agent that writes none.</param>
    /// <param name="isFrozen">Whether the agent starts frozen.</param>
    /// <exception cref="PlatformException">The pid file can't be written; after a frozen start that is only a warning.</exception>
    internal OwnFiles(AgentLog log, AuditTrail audit, string? pidPath, bool isFrozen)
    {
        (_log, _audit) = (log, audit);
        _pidPath = pidPath;
        if (isFrozen)
        {
            _isHeld = true;
            CoreDumps.Forbid();
            audit.Hold();
            log.Hold(FrozenStartLimit);
        }
        else if (pidPath is not null)
        {
            _pidFile = PidFile.Create(pidPath);
        }
    }

    public bool Hold(TimeSpan limit)
    {
        _log.Write(LogLevel.Warning, "disabling logging due to filesystem freeze");
        _isHeld = true;
        CoreDumps.Forbid();
        _audit.Hold(AuditLimit);
        return _log.Hold(limit);
    }

    public void Release()
    {
        if (!_isHeld)
            return;
        _isHeld = false;
        CoreDumps.Allow();
        _audit.Release();
        _log.Release();
        _log.Write(LogLevel.Warning, "logging re-enabled due to filesystem unfreeze");
        if (_pidPath is null || _pidFile is not null)
            return;
        try
        {
            _pidFile = PidFile.Create(_pidPath);
        }
        catch (PlatformException failure)
        {
            _log.Write(LogLevel.Warning, failure.Message);
            _log.Write(LogLevel.Warning, "failed to create/lock pid file");
        }
    }

    public void Dispose() => _pidFile?.Dispose();
}
