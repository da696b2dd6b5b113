using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>
/// The commands of the protocol, one method each, with the arguments and results of <c>schema/qga.schema.json</c>: <c>guest-get-osinfo</c> is
/// <see cref="GetOsInfoAsync"/>. What an older agent does not tell is null. What an agent of this or another kind adds to them,
/// <see cref="CallAsync(string, JObject?, CancellationToken)"/> reaches.
/// </summary>
/// <remarks>All may be called at any time, from several places at once: requests wait for each other. All throw <see cref="QgaException"/>.</remarks>
public abstract partial class GuestCommands
{
    private protected GuestCommands()
    {
    }

    /// <summary>Asks for a command by its name on the wire.</summary>
    /// <param name="command">As <c>guest-get-osinfo</c>.</param>
    /// <param name="arguments">Its arguments; null for none.</param>
    /// <param name="cancellationToken">Gives up waiting. The agent may carry out what was sent; its answer is dropped when it comes.</param>
    /// <returns>What the command returned: an empty object where that is nothing.</returns>
    /// <exception cref="QgaCommandException">The agent has answered with an error.</exception>
    /// <exception cref="QgaException">There was no answer.</exception>
    public Task<JToken> CallAsync(string command, JObject? arguments = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(command);
        return AskAsync(new Request(command, arguments) { IsAnswered = !SilentCommands.Contains(command) }, default, cancellationToken);
    }

    /// <param name="request">The request.</param>
    /// <param name="least">How long to wait at least: the command may take so long.</param>
    /// <param name="cancellationToken">Gives the answer up.</param>
    private protected abstract Task<JToken> AskAsync(Request request, TimeSpan least, CancellationToken cancellationToken);

    private static JArray ArrayOf<T>(IEnumerable<T> elements, Func<T, JToken> write) => new(elements.Select(write));
}
