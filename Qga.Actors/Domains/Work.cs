using Qga.Platform.Work;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Domains;

/// <summary>A piece of work on a worker. What else its actor has to know when it comes home is in a type of its own.</summary>
/// <param name="name">What is being done, for messages.</param>
/// <param name="limit">When its actor is told that it has not come home; null for never.</param>
/// <param name="touchesNoDisk">Whether it changes nothing on a disk, so that a freeze need not wait for it.</param>
public class Work(string name, TimeSpan? limit, bool touchesNoDisk)
{
    public string Name => name;

    public TimeSpan? Limit => limit;

    /// <summary>Whether its limit has passed, and its worker counts as stuck until it comes back.</summary>
    public bool IsOverdue { get; internal set; }

    /// <summary>
    /// Whether a freeze waits for it. What has missed its limit may stay in the kernel for good, and the client knows. It can't spoil the
    /// freeze: if it writes to what is to be frozen, the kernel's own freeze waits for it.
    /// </summary>
    internal bool HoldsUpFreeze => !touchesNoDisk && !IsOverdue;

    public override string ToString() => name;
}

/// <summary>A command that is being carried out.</summary>
public sealed class CommandWork(Invoke invoke) : Work(invoke.Spec.Name, invoke.Spec.Deadline, invoke.Spec.Is(Commands.CommandTraits.TouchesNoDisk))
{
    internal Invoke Invoke => invoke;
}

/// <summary>Tells an actor that its work has come home, in time or late.</summary>
public abstract record Returned(Work Work);

/// <summary>Tells an actor what became of its work.</summary>
public sealed record Returned<T>(Work Work, Outcome<T> Outcome) : Returned(Work);

/// <summary>
/// Tells an actor that the limit of its work has passed. If the work is overdue then, <see cref="Returned"/> follows once the worker
/// comes back; else no worker had begun it, and nothing more comes of it.
/// </summary>
public sealed record Overdue(Work Work);
