using Qga.Platform;
using Qga.Platform.Freeze;
using Qga.Platform.State;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>The one mapping from exceptions to error answers.</summary>
public static class CommandFailure
{
    /// <summary>Whether a command may fail like this; anything else is a bug of ours.</summary>
    public static bool IsExpected(Exception failure) =>
        failure is CommandException or PlatformException or StateException or FreezeException or FreezeHookException;

    public static QmpError ErrorOf(Exception failure) => QmpError.Generic(IsExpected(failure)
        ? failure.Message
        : $"internal error: {failure.GetType().Name}: {failure.Message}");
}
