namespace Qga.Transport.Protocol;

/// <summary>The error classes that clients tell apart; libvirt reads <see cref="CommandNotFound"/> as "this agent can't".</summary>
public enum QmpErrorClass
{
    GenericError,

    /// <summary>Unknown, disabled or frozen-out commands.</summary>
    CommandNotFound,
}

/// <summary>An error as the host sees it. <paramref name="Desc"/> is for its administrator: what failed, on what, why.</summary>
public sealed record QmpError(QmpErrorClass Class, string Desc)
{
    /// <summary>The most characters of a name that an error repeats: qemu-ga's repeat all of them, up to 64 MiB.</summary>
    internal const int MostQuoted = 16 * 1024;

    public static QmpError Generic(string desc) => new(QmpErrorClass.GenericError, desc);

    /// <summary>A name that a client has sent, as an error repeats it.</summary>
    public static string Quoted(string name) => name.Length <= MostQuoted ? name : $"{name.AsSpan(0, MostQuoted)}...";

    public static QmpError UnknownCommand(string name) =>
        new(QmpErrorClass.CommandNotFound, $"The command {name} has not been found");

    public static QmpError DisabledCommand(string name, string reason) =>
        new(QmpErrorClass.CommandNotFound, $"Command {name} has been disabled: {reason}");
}

/// <summary>A request that can't be carried out as it stands; the message is the desc of its answer.</summary>
public sealed class CommandException(string desc) : Exception(desc);
