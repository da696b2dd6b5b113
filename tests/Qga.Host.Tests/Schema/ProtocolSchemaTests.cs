using System.Text;
using Json.Schema;
using Qga.Docs;
using Qga.Host.Schema;
using Qga.Testing;

namespace Qga.Host.Tests.Schema;

public class ProtocolSchemaTests
{
    public static TheoryData<string> Documents => [.. GeneratedDocument.All.Select(document => document.Path)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Document_is_what_the_code_says(string path)
    {
        var document = GeneratedDocument.All.Single(document => document.Path == path);
        Assert.True(document.Text == File.ReadAllText(Repository.PathOf(path)), $"{path} is out of date: make docs");
    }

    [Fact]
    public void Schema_is_one_of_its_dialect()
    {
        using var schema = System.Text.Json.JsonDocument.Parse(ProtocolSchema.Json);
        Assert.True(MetaSchemas.Draft202012.Evaluate(schema.RootElement).IsValid);
    }

    [Fact]
    public void Published_agent_prints_it_whole_or_in_part()
    {
        Assert.Equal(new ProcessResult(0, ProtocolSchema.Json + "\n"), Run("schema"));
        Assert.Equal(new ProcessResult(0, ProtocolSchema.JsonOf("guest-file-read") + "\n"), Run("schema", "guest-file-read"));
        Assert.Equal(2, Run("schema", "guest-file-raed").ExitCode);
        Assert.Equal(2, Run("schema", "guest-ping", "guest-sync").ExitCode);
    }

    [Theory]
    [InlineData("commands")]
    [InlineData("file")]
    [InlineData("wire")]
    public void Recorded_exchanges_conform(string file)
    {
        var held = 0;
        foreach (var transcript in Transcript.Load(file).Values)
        {
            if (transcript.Answers.Count > 1 || !Conformance.TryAssertValid(Encoding.Latin1.GetString(transcript.Send), transcript.Answers is [var answer] ? answer : null))
                continue;
            held++;
        }

        Assert.True(held > 10, $"only {held} of {file}");
    }

    private static ProcessResult Run(params string[] arguments)
    {
        var run = ProcessRun.Of(PublishedAgent.Executable, arguments);
        return new ProcessResult(run.ExitCode, run.Output);
    }

    private sealed record ProcessResult(int ExitCode, string Output);
}
