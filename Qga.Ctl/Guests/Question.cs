using Qga.Client;

namespace Qga.Ctl.Guests;

/// <summary>Questions that an agent need not answer.</summary>
internal static class Question
{
    /// <summary>Whether the agent does not tell this, or tells what nobody can read, and the next question is as good as before.</summary>
    internal static bool IsUntold(Exception failure) => failure is QgaCommandException or QgaUnsupportedException or QgaProtocolException;

    /// <summary>Asks one.</summary>
    /// <returns>Null if it is not answered.</returns>
    /// <exception cref="QgaException">The agent can't be reached any more.</exception>
    internal static async Task<T?> TryAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception failure) when (IsUntold(failure))
        {
            return default;
        }
    }
}
