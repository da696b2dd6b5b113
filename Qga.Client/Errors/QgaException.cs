namespace Qga.Client;

/// <summary>Whatever goes wrong with a guest's agent, or on the way to it. What is thrown is one of the classes made of it.</summary>
public abstract class QgaException : Exception
{
    private protected QgaException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}

/// <summary>The agent has refused a command, or failed at it. The stream is as good as before.</summary>
public sealed class QgaCommandException : QgaException
{
    /// <param name="command">The command's name on the wire.</param>
    /// <param name="errorClass">The class of the error, as <c>GenericError</c>.</param>
    /// <param name="description">The agent's own words.</param>
    public QgaCommandException(string command, string errorClass, string description)
        : base($"{command}: {description}")
    {
        Command = command;
        Class = errorClass;
        Description = description;
    }

    /// <summary>The command's name on the wire, as <c>guest-file-open</c>.</summary>
    public string Command { get; }

    /// <summary>The class of the error: <c>CommandNotFound</c>, or <c>GenericError</c> for all else.</summary>
    public string Class { get; }

    /// <summary>What the agent says of it (<c>desc</c>), for people: its words differ from version to version.</summary>
    public string Description { get; }

    /// <summary>Whether the agent can't do this, or not now: it is too old, its administrator has disabled it, or the guest is frozen.</summary>
    public bool IsUnavailable => Class is "CommandNotFound" or "CommandDisabled";
}

/// <summary>
/// There was no answer in time. What was asked for may have been done, or may still be: <c>guest-fsfreeze-freeze</c> above all.
/// The next request finds its place in the stream by itself.
/// </summary>
public sealed class QgaTimeoutException(string message) : QgaException(message);

/// <summary>The agent can't be reached, or the connection to it was lost. The next request connects anew.</summary>
public sealed class QgaConnectionException(string message, Exception? cause = null) : QgaException(message, cause);

/// <summary>
/// What came is no answer of a guest agent, or lacks a part that it must have, or something is larger than this way to the guest can carry.
/// </summary>
public sealed class QgaProtocolException(string message, Exception? cause = null) : QgaException(message, cause);

/// <summary>The way to the guest has no means for this, as <c>qm</c> has for many commands.</summary>
public sealed class QgaUnsupportedException(string message) : QgaException(message);

/// <summary>An address of a guest makes no sense. The message says which part.</summary>
public sealed class QgaAddressException(string message) : QgaException(message);

/// <summary>
/// A file was copied, and the copy is not what was to be copied: somebody writes to one of both, or data was lost. An upload has left the target
/// as it was.
/// </summary>
public sealed class QgaVerificationException(string message) : QgaException(message);

/// <summary>Something in the guest that a copy or a run needs has failed there, as <c>mv</c> of the finished file.</summary>
public sealed class QgaGuestException(string message, Exception? cause = null) : QgaException(message, cause);

/// <summary>
/// What was done while the guest was frozen was done while a part of it was thawed already: a snapshot is void, and has to be taken again.
/// </summary>
public sealed class QgaFreezeBrokenException(string message, long frozen, long thawed) : QgaException(message)
{
    /// <summary>How many filesystems were frozen.</summary>
    public long Frozen => frozen;

    /// <summary>How many of them still were at the end.</summary>
    public long Thawed => thawed;
}
