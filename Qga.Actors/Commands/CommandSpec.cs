using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>The domains that commands belong to, each with an actor of its own.</summary>
public enum Domain
{
    Session,
    Files,
    Freeze,
    Storage,
    Network,
    Processors,
    Identity,
    Timekeeping,
    Power,
    Accounts,
    Processes,

    /// <summary>What a freeze was worth.</summary>
    Evidence,
}

/// <summary>What is true of a command as a whole.</summary>
[Flags]
public enum CommandTraits
{
    None = 0,

    /// <summary>Allowed while filesystems are frozen.</summary>
    FrozenSafe = 1,

    /// <summary>Success is answered by silence.</summary>
    NoSuccessResponse = 2,

    /// <summary>Byte 0xFF goes before the answer of success.</summary>
    Delimited = 4,

    /// <summary>Client and agent agree anew on where they are: unfinished requests before it may be given up.</summary>
    Sync = 8,

    /// <summary>Touches no disk, or only reads: a freeze need not wait for its end.</summary>
    TouchesNoDisk = 16,

    /// <summary>
    /// Changes nothing, and asks the kernel for nothing that could make it wait: is carried out at once, without a worker, and those of a
    /// client's requests that follow each other are carried out together.
    /// </summary>
    Immediate = 32,

    /// <summary>Ours, and there only where the administrator wants it. Lists and rules may take it away while the guest is frozen too.</summary>
    Extension = 64,
}

/// <summary>One line of the catalog: how a command is called, who runs it, and for how long at most.</summary>
/// <param name="Name">The name on the wire.</param>
/// <param name="Domain">Whose actor runs it.</param>
/// <param name="Parse">Reads its arguments.</param>
/// <param name="Describe">Tells what a client has to know of it; called by nobody while the agent serves.</param>
/// <param name="Deadline">When its client is told that it has not finished; null where the host waits on purpose.</param>
/// <param name="Traits">What else is true of it.</param>
public sealed record CommandSpec(
    string Name, Domain Domain, Func<QmpArguments, ICommand> Parse, Func<CommandDescription> Describe, TimeSpan? Deadline, CommandTraits Traits)
{
    public bool Is(CommandTraits trait) => (Traits & trait) != CommandTraits.None;

    public QmpResponse Succeeded(IQmpValue value) =>
        Is(CommandTraits.NoSuccessResponse) ? QmpResponse.Silence : QmpResponse.Success(value, Is(CommandTraits.Delimited));
}
