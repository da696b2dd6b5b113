using System.Text;
using System.Text.RegularExpressions;
using Qga.Platform.State;
using Qga.Testing;

namespace Qga.Host.Tests.CommandLine;

/// <summary>The same state directories for the real qemu-ga and for ours: same complaints, same file afterwards.</summary>
public sealed partial class PeerStateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;

    private string StateFile => Path.Combine(_folder, "qga.state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PeerTheory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("[global]\nfd_counter=1005\n")]
    [InlineData("[global]\nfd_counter=abc\n")]
    [InlineData("# old\n[other]\nx = 1\n")]
    [InlineData("foo\n")]
    [InlineData("fd_counter=5\n")]
    [InlineData("\u00ff\u00ff")]
    public void State_file_has_the_same_effect(string? content)
    {
        var peer = Start(RunPeer);
        var ours = Start(RunOurs);

        Assert.Equal(peer, ours);

        (string Complaints, string Content) Start(Func<string, IEnumerable<string>> run)
        {
            File.Delete(StateFile);
            if (content is not null)
                File.WriteAllText(StateFile, content, Encoding.Latin1);
            return (string.Join('\n', run(_folder)), File.ReadAllText(StateFile, Encoding.Latin1));
        }
    }

    [PeerTheory]
    [InlineData("missing")]
    [InlineData("qga.state")]
    public void State_directory_that_can_not_be_used_is_the_same_error(string path)
    {
        Directory.CreateDirectory(StateFile);
        var folder = path == "missing" ? Path.Combine(_folder, path) : _folder;

        var complaints = RunOurs(folder).ToList();

        Assert.NotEmpty(complaints);
        Assert.Equal(RunPeer(folder), complaints);
    }

    /// <summary>What qemu-ga says until it comes to the channel, which it does not find.</summary>
    private static IEnumerable<string> RunPeer(string folder)
    {
        var run = ProcessRun.Of(ProcessRun.Peer!, ["-m", "unix-listen", "-p", "/nonexistent/socket", "-t", folder]);
        Assert.Equal(1, run.ExitCode);
        return run.Error.Split('\n')
            .Select(line => Stamp().Replace(line, ""))
            .TakeWhile(line => line.Length > 0
                && line != "error initializing guest agent"
                && !line.StartsWith("Failed to bind", StringComparison.Ordinal))
            .Select(WithoutTemporaryName);
    }

    private static IEnumerable<string> RunOurs(string folder)
    {
        try
        {
            HandleCounter.Open(folder);
            return [];
        }
        catch (StateException failure)
        {
            return failure.Lines.Select(WithoutTemporaryName);
        }
    }

    private static string WithoutTemporaryName(string line) => TemporaryName().Replace(line, ".XXXXXX”");

    [GeneratedRegex(@"^\d+\.\d{6}: critical: ", RegexOptions.None, 1000)]
    private static partial Regex Stamp();

    [GeneratedRegex(@"\.[A-Z0-9]{6}”", RegexOptions.None, 1000)]
    private static partial Regex TemporaryName();
}
