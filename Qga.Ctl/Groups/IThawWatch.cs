namespace Qga.Ctl.Groups;

/// <summary>
/// Who thaws the guests if this process does not. It goes to work when this is disposed of, with those that it was not told to be thawed.
/// </summary>
internal interface IThawWatch : IAsyncDisposable
{
    /// <summary>Which process it is; null if it is not armed.</summary>
    int? ProcessId { get; }

    /// <summary>Completes when it has died, and nobody watches any more.</summary>
    Task Died { get; }

    /// <summary>Arms it: it is there, and has nobody to thaw yet.</summary>
    /// <param name="addresses">The guests.</param>
    /// <param name="limits">When it is to act.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ThawWatchException">It can't be armed.</exception>
    Task ArmAsync(IReadOnlyList<string> addresses, GroupLimits limits, CancellationToken cancellationToken);

    /// <summary>Completes when it knows that all guests may be frozen from here on.</summary>
    /// <exception cref="ThawWatchException">It does not listen.</exception>
    Task FreezingAsync();

    /// <summary>The guest's freeze was answered: none is on its way any more that could come after a thaw.</summary>
    void Answered(int guest);

    /// <summary>The thaw has begun; it has <see cref="GroupLimits.ThawDeadline"/> from here on.</summary>
    void Thawing();

    /// <summary>The guest is no concern of its any more.</summary>
    void Thawed(int guest);
}

/// <summary>Nobody would watch.</summary>
internal sealed class ThawWatchException(string message, Exception? cause = null) : Exception(message, cause);
