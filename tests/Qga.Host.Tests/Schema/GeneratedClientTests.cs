using Qga.Testing;

namespace Qga.Host.Tests.Schema;

/// <summary>A client that a well-known generator makes from the schema understands what was recorded.</summary>
public class GeneratedClientTests
{
    [GeneratedClientFact]
    public void Client_in_another_language_compiles_and_reads_the_recorded_exchanges()
    {
        using var scratch = new ScratchDirectory();

        var run = ProcessRun.Of(GeneratedClientFactAttribute.Script, [scratch.Root]);

        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.Equal(Recorded, int.Parse(run.Output, System.Globalization.CultureInfo.InvariantCulture));
    }

    private static int Recorded => Transcript.Load("commands").Values
        .Count(transcript => transcript.Answers is [var answer] && answer.Contains("\"return\"", StringComparison.Ordinal));
}

/// <summary>A case that needs the generator which <c>make deps</c> installs with npm.</summary>
internal sealed class GeneratedClientFactAttribute : FactAttribute
{
    internal static readonly string Script = Repository.PathOf("tests/generated-client/read-transcripts");

    public GeneratedClientFactAttribute()
    {
        if (!Directory.Exists(Repository.PathOf("tests/generated-client/node_modules")))
            Skip = "the generator of clients is not installed (make deps, with npm)";
    }
}
