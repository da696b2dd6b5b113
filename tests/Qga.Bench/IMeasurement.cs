namespace Qga.Bench;

/// <summary>Something that is measured of one agent, and of the other right after.</summary>
internal interface IMeasurement
{
    /// <summary>What <c>--only</c> calls it.</summary>
    string Name { get; }

    /// <summary>How it is taken, for the reader of the table.</summary>
    string Method { get; }

    /// <summary>How many times it is taken of each agent, unless <c>--runs</c> says otherwise.</summary>
    int Runs { get; }

    /// <summary>Starts an agent of its own, takes the measurement once, and ends the agent.</summary>
    IReadOnlyList<Reading> Take(Contender contender);
}

/// <summary>One number.</summary>
/// <param name="Figure">What it tells.</param>
/// <param name="Unit">Of the value; null for a number of things.</param>
/// <param name="Value">How much it is.</param>
internal readonly record struct Reading(string Figure, string? Unit, double Value);
