namespace Qga.Platform.Work;

/// <summary>What became of work on a worker: its value, or why there is none.</summary>
public readonly record struct Outcome<T>(T? Value, Exception? Failure);

/// <summary>Makes outcomes.</summary>
public static class Outcome
{
    /// <summary>What comes of doing the work here and now.</summary>
    public static Outcome<T> Of<T>(Func<T> work)
    {
        try
        {
            return new Outcome<T>(work(), Failure: null);
        }
        catch (Exception failure)
        {
            return new Outcome<T>(default, failure);
        }
    }
}
