namespace Qga.Actors.Domains;

/// <summary>What became of work on a worker: its value, or why there is none.</summary>
public readonly record struct Outcome<T>(T? Value, Exception? Failure)
{
    internal static Outcome<T> Of(Func<T> work)
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
