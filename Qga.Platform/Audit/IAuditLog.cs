namespace Qga.Platform.Audit;

/// <summary>The record of what the host asked for and what became of it, whatever the agent's own log holds. Nobody waits for it.</summary>
public interface IAuditLog
{
    /// <summary>Whether anything takes whole records; else nobody need make them.</summary>
    bool TakesRecords => false;

    /// <summary>Whether records come faster than they are written: whoever is about to make more should wait a little. Bounded.</summary>
    bool IsBehind => false;

    /// <summary>For syslog, in the words of qemu-ga, when a command is about to be carried out.</summary>
    /// <param name="text">One line, without payloads and passwords.</param>
    void Record(string text);

    /// <summary>For the journal and the file, once it is known what became of it.</summary>
    /// <param name="record">Without payloads, passwords, keys and values of variables.</param>
    void Record(AuditRecord record)
    {
    }
}
