namespace Qga.Platform.Freeze;

/// <summary>The files of the agent itself, which may lie on what is frozen.</summary>
public interface IOwnFiles
{
    /// <summary>Writes nothing more to log and syslog: what they would tell is kept in memory.</summary>
    /// <param name="limit">How long to wait for what is being written.</param>
    /// <returns>False if it is still being written then.</returns>
    bool Hold(TimeSpan limit);

    /// <summary>Writes what was kept, and the files that a start while frozen has put off. Does nothing if nothing was held.</summary>
    void Release();
}
