using Qga.Testing;

namespace Qga.Client.Tests.Agents;

/// <summary>Programs that stand for those of a virtualization host, with their limits and words, and have one machine: that of the agent.</summary>
internal sealed class HostPrograms : IDisposable
{
    private static readonly string Folder = Repository.PathOf("tests/Qga.Client.Tests/Programs");

    private readonly ScratchDirectory _scratch = new();

    internal HostPrograms(string socketPath) => Options = new GuestAgentOptions
    {
        VirshProgram = Write("virsh", socketPath),
        QmProgram = Write("qm", socketPath),
    };

    internal GuestAgentOptions Options { get; }

    public void Dispose() => _scratch.Dispose();

    private string Write(string name, string socketPath) => _scratch.WriteProgram(
        name,
        File.ReadAllText(Path.Combine(Folder, name))
            .Replace("@FOLDER@", Folder, StringComparison.Ordinal)
            .Replace("@SOCKET@", socketPath, StringComparison.Ordinal));
}
