using Qga.Platform.Audit;
using Qga.Platform.Policy;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>A command with its arguments, as one request asked for it. Their meaning is checked when it runs, not when it is read.</summary>
public interface ICommand
{
    /// <summary>The line of the call in syslog, in the words of qemu-ga, never with a payload or a password; null for none.</summary>
    string? AuditText => null;

    /// <summary>Whether it changes something in the guest, so that the audit has it.</summary>
    bool Changes => false;

    /// <summary>How many bytes it gives to the guest, if the result does not tell.</summary>
    long? BytesGiven => null;

    /// <summary>What of its arguments rules of the guest's policy can be about.</summary>
    PolicyRequest Facts(PolicyRequest request) => request;

    /// <summary>Tells the audit what it is about: never a content, a password, a key or the value of a variable.</summary>
    /// <param name="what">Gets it.</param>
    /// <param name="hasArguments">Whether the arguments of a program may be told, and not only how many there are.</param>
    void Tell(AuditMembers what, bool hasArguments)
    {
    }

    /// <summary>An error as the audit may have it: without what the request keeps secret.</summary>
    string Recordable(string error) => error;
}

/// <summary>A command that runs on the state of its domain.</summary>
public interface ICommand<in TState> : ICommand
{
    /// <exception cref="CommandException">The arguments mean nothing here; the message is the answer.</exception>
    /// <exception cref="Platform.PlatformException">The operating system refused; the message is the answer.</exception>
    IQmpValue Execute(TState state);
}
