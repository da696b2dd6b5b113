namespace Qga.Platform.Threads;

/// <summary>What a process has to make at its start: made by its first use, it would work, and not be what it is for.</summary>
/// <param name="call">The call that makes it, by which a use without it is told what was forgotten.</param>
/// <param name="make">Makes it.</param>
internal sealed class Prepared<T>(string call, Func<T> make)
    where T : class
{
    private readonly Lock _gate = new();
    private volatile T? _made;

    /// <exception cref="InvalidOperationException">Nobody has made it.</exception>
    internal T Value => _made ?? throw new InvalidOperationException($"{call} was not called before the first use");

    /// <summary>Makes it, unless it is there already.</summary>
    internal void Make()
    {
        lock (_gate)
            _made ??= make();
    }
}
