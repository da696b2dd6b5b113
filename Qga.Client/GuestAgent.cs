using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>A guest's agent, and the connection to it.</summary>
/// <example>
/// <code>
/// await using var guest = await GuestAgent.ConnectAsync("unix:/run/vm1.sock");
/// Console.WriteLine((await guest.GetOsInfoAsync()).PrettyName);
/// </code>
/// </example>
public sealed partial class GuestAgent : GuestCommands, IAsyncDisposable
{
    private readonly GuestAgentOptions _options;

    private GuestAgent(string name, IConnection connection, GuestAgentOptions options)
    {
        (Name, Connection, _options) = (name, connection, options);
        Files = new GuestFiles(this);
    }

    /// <summary>Where it is: its address, or the name that it was given.</summary>
    public string Name { get; }

    /// <summary>Files of the guest, to and from the host.</summary>
    public GuestFiles Files { get; }

    internal IConnection Connection { get; }

    internal TimeProvider Clock => _options.TimeProvider;

    internal TimeSpan Timeout => _options.Timeout;

    /// <summary>Connects to an agent and waits for its first answer.</summary>
    /// <param name="address">As <see cref="GuestAddress"/> has it: <c>unix:/run/vm1.sock</c>, <c>virsh:vm1</c>, <c>qm:101</c>, ...</param>
    /// <param name="options">How long to wait; null for what is usual.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QgaAddressException">The address makes no sense.</exception>
    /// <exception cref="QgaConnectionException">Nothing can be reached there.</exception>
    /// <exception cref="QgaTimeoutException">No agent has answered within <see cref="GuestAgentOptions.ConnectTimeout"/>.</exception>
    /// <exception cref="ArgumentException">The options make no sense.</exception>
    public static Task<GuestAgent> ConnectAsync(string address, GuestAgentOptions? options = null, CancellationToken cancellationToken = default) =>
        ConnectAsync(GuestAddress.Parse(address), options, cancellationToken);

    /// <inheritdoc cref="ConnectAsync(string, GuestAgentOptions?, CancellationToken)"/>
    public static Task<GuestAgent> ConnectAsync(
        GuestAddress address, GuestAgentOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        options ??= new GuestAgentOptions();
        var name = address.ToString();
        IConnection connection = address switch
        {
            GuestAddress.Unix unix => OfStream(cancel => UnixSocket.ConnectAsync(unix.Path, cancel)),
            GuestAddress.Vsock vsock => OfStream(_ => VsockSocket.ConnectAsync(vsock.Cid, vsock.Port)),
            GuestAddress.Exec exec => OfStream(cancel => ProgramStream.StartAsync(exec.Program, exec.Arguments, cancel)),
            GuestAddress.Virsh virsh => new VirshConnection(name, virsh.Uri, virsh.Domain, options),
            GuestAddress.Qm qm => new QmConnection(name, qm.Machine, options),
            _ => throw new ArgumentException($"{name} is of an unknown kind", nameof(address)),
        };
        return ConnectAsync(name, connection, options, cancellationToken);

        StreamConnection OfStream(Func<CancellationToken, Task<Stream>> open) => new(name, open, options);
    }

    /// <summary>Connects to an agent by a stream of the caller's own making, and waits for its first answer.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="open">
    /// Opens the stream, now and whenever it was lost; it is disposed of. Its failures are <see cref="IOException"/>s or
    /// <see cref="System.Net.Sockets.SocketException"/>s.
    /// </param>
    /// <param name="options">How long to wait; null for what is usual.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QgaException">There is no agent.</exception>
    /// <exception cref="ArgumentException">The options make no sense.</exception>
    public static Task<GuestAgent> ConnectAsync(
        string name, Func<CancellationToken, Task<Stream>> open, GuestAgentOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(open);
        options ??= new GuestAgentOptions();
        return ConnectAsync(name, new StreamConnection(name, open, options), options, cancellationToken);
    }

    /// <summary>The same commands with another limit of time for each, which holds for all alike.</summary>
    /// <param name="timeout">From a request's turn on the stream to its answer; more than nothing, at most 30 days.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is no such time.</exception>
    public GuestCommands Within(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, GuestAgentOptions.Longest);
        return new LimitedCommands(this, timeout);
    }

    /// <summary>Closes the connection. Requests that are under way fail with <see cref="ObjectDisposedException"/>.</summary>
    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private protected override Task<JToken> AskAsync(Request request, TimeSpan least, CancellationToken cancellationToken) =>
        AskWithinAsync(request, least > _options.Timeout ? least : _options.Timeout, cancellationToken);

    /// <inheritdoc cref="GuestCommands.AskAsync"/>
    internal async Task<JToken> AskWithinAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var answer = await Connection.ExchangeAsync(request, timeout, cancellationToken).ConfigureAwait(false);
        return answer.ReturnOf(request.Command);
    }

    private static async Task<GuestAgent> ConnectAsync(
        string name, IConnection connection, GuestAgentOptions options, CancellationToken cancellationToken)
    {
        try
        {
            GuestAgentOptions.Check(options);
            await connection.OpenAsync(options.ConnectTimeout, cancellationToken).ConfigureAwait(false);
            return new GuestAgent(name, connection, options);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private sealed class LimitedCommands(GuestAgent guest, TimeSpan timeout) : GuestCommands
    {
        private protected override Task<JToken> AskAsync(Request request, TimeSpan least, CancellationToken cancellationToken) =>
            guest.AskWithinAsync(request, timeout, cancellationToken);
    }
}
