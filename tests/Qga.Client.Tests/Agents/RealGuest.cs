using Qga.Testing;

namespace Qga.Client.Tests.Agents;

/// <summary>A real agent on this machine, and a client of it.</summary>
internal sealed class RealGuest : IAsyncDisposable
{
    private readonly AgentUnderTest _agent;

    private RealGuest(AgentUnderTest agent, GuestAgent client) => (_agent, Agent) = (agent, client);

    internal GuestAgent Agent { get; }

    internal GuestFiles Files => Agent.Files;

    internal string SocketPath => _agent.SocketPath;

    internal static Task<RealGuest> StartAsync(string name, params string[] options) => ConnectAsync(AgentAttribute.Start(name, options));

    internal static async Task<RealGuest> ConnectAsync(AgentUnderTest agent, string? address = null, GuestAgentOptions? options = null)
    {
        try
        {
            return new RealGuest(agent, await GuestAgent.ConnectAsync(address ?? $"unix:{agent.SocketPath}", options));
        }
        catch
        {
            agent.Dispose();
            throw;
        }
    }

    internal string PathOf(string name) => _agent.PathOf(name);

    /// <summary>Makes a file of random bytes, as a guest has it, or the host.</summary>
    internal (string Path, byte[] Content) Random(string name, int size)
    {
        var content = new byte[size];
        System.Random.Shared.NextBytes(content);
        File.WriteAllBytes(PathOf(name), content);
        return (PathOf(name), content);
    }

    /// <summary>The names of the files beside the agent's own.</summary>
    internal IEnumerable<string> Names => Directory.EnumerateFileSystemEntries(_agent.ScratchDirectory).Select(Path.GetFileName)
        .Where(name => name is not ("agent.sock" or "qga.state" or "qemu-ga.pid")).Order()!;

    /// <summary>The files of the scratch directory that the agent has open.</summary>
    internal IEnumerable<string> Open => Directory.GetFileSystemEntries($"/proc/{_agent.Pid}/fd").Select(entry => new FileInfo(entry).LinkTarget ?? "")
        .Where(path => path.StartsWith(_agent.ScratchDirectory, StringComparison.Ordinal) && !path.EndsWith("/agent.sock", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        _agent.Dispose();
    }
}

/// <summary>Hears of progress on the spot.</summary>
internal sealed class Heard<T>(Action<T> hear) : IProgress<T>
{
    public void Report(T value) => hear(value);
}
