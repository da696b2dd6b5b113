using System.Text.RegularExpressions;
using Qga.Testing;

namespace Qga.Client.Tests.Package;

/// <summary>The examples of the package's README compile and do what they say.</summary>
public sealed class ReadmeTests : IDisposable
{
    private static readonly Regex Blocks = Pattern("<!-- Example: (?<name>\\w+) -->\n```csharp\n(?<code>.*?\n)```");
    private static readonly Regex Methods = Pattern("static async Task (?<name>\\w+)\\(string\\[\\] args\\)\n    \\{\n(?<code>.*?\n)    \\}\n");
    private static readonly Regex Indent = Pattern("^ {8}");

    private readonly PublishedAgent _agent = new();

    public void Dispose()
    {
        Environment.ExitCode = 0;
        _agent.Dispose();
    }

    [Fact]
    public void Examples_are_those_that_are_run()
    {
        var readme = Found("Qga.Client/README.md", Blocks);
        var source = Found("tests/Qga.Client.Tests/Package/Examples.cs", Methods);

        Assert.Equal(3, source.Count);
        Assert.Equal(source.ToDictionary(method => method.Key, method => Indent.Replace(method.Value, "")), readme);
    }

    [Fact]
    public async Task File_is_copied()
    {
        var source = Path.Combine(_agent.ScratchDirectory, "source");
        await File.WriteAllTextAsync(source, "text");
        await Examples.CopyAFile([$"unix:{_agent.SocketPath}", source, _agent.PathOf("there")]);

        Assert.Equal("text", await File.ReadAllTextAsync(_agent.PathOf("there")));
    }

    [Fact]
    public async Task Program_is_run()
    {
        await Examples.RunAProgram([$"unix:{_agent.SocketPath}", "/bin/sh", "-c", $"echo text > {_agent.PathOf("made")}; exit 7"]);

        Assert.Equal(7, Environment.ExitCode);
        Assert.Equal("text\n", await File.ReadAllTextAsync(_agent.PathOf("made")));
    }

    [FreezeLabFact]
    public async Task Guest_is_frozen_while_the_snapshot_is_taken()
    {
        using var lab = new FreezeLab();
        lab.Mount("ext4", "/mnt/data");
        using var agent = FreezeLabAgent.Start(lab, "-t", "/run");
        var program = Path.Combine(_agent.ScratchDirectory, "status");
        await Examples.FreezeForASnapshot([$"unix:{agent.SocketPath}", "sh", "-c", $"test -e {lab.PathOf("/run/qga.state.isfrozen")} && echo frozen > {program}"]);

        Assert.Equal(0, Environment.ExitCode);
        Assert.Equal("frozen\n", await File.ReadAllTextAsync(program));
        Assert.DoesNotContain(lab.Volumes, volume => volume.IsFrozen);
    }

    private static Dictionary<string, string> Found(string file, Regex pattern) => pattern.Matches(File.ReadAllText(Repository.PathOf(file)))
        .ToDictionary(found => found.Groups["name"].Value, found => found.Groups["code"].Value);

    private static Regex Pattern(string pattern) => new(pattern, RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
}
