using Qga.Platform.Policy;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>A command with its arguments, as one request asked for it. Their meaning is checked when it runs, not when it is read.</summary>
public interface ICommand
{
    /// <summary>The line of the call in the audit log, never with a payload or a password; null for none.</summary>
    string? AuditText => null;

    /// <summary>What of its arguments rules of the guest's policy can be about.</summary>
    PolicyRequest Facts(PolicyRequest request) => request;
}

/// <summary>A command that runs on the state of its domain.</summary>
public interface ICommand<in TState> : ICommand
{
    /// <exception cref="CommandException">The arguments mean nothing here; the message is the answer.</exception>
    /// <exception cref="Platform.PlatformException">The operating system refused; the message is the answer.</exception>
    IQmpValue Execute(TState state);
}
