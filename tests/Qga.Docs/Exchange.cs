using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Docs;

/// <summary>A request and its answer, as they were recorded.</summary>
/// <param name="Request">The line of the client.</param>
/// <param name="Answer">The line of the agent; null where success is not answered.</param>
internal sealed record Exchange(string Request, string? Answer)
{
    /// <summary>Where the recordings come from, the ones to show first.</summary>
    private static readonly string[] Files = ["commands", "file", "wire"];

    private static readonly Lazy<IReadOnlyList<Transcript>> All = new(() => [.. Files.SelectMany(file => Transcript.Load(file).Values)]);

    /// <summary>The first of a command that succeeded; null if none was recorded.</summary>
    public static Exchange? Of(string command) => All.Value.Select(TryRead).FirstOrDefault(read => read.Command == command).Exchange;

    private static (string? Command, Exchange? Exchange) TryRead(Transcript transcript)
    {
        var request = Encoding.Latin1.GetString(transcript.Send).Trim('\n');
        var answer = transcript.Answers is [var only] ? only.Trim('\n') : null;
        if (transcript.Answers.Count > 1 || answer?.Contains("\"error\"", StringComparison.Ordinal) == true || !request.StartsWith('{'))
            return default;
        return ((string?)JObject.Parse(request)["execute"], new Exchange(request, answer?.TrimStart('\xFF')));
    }
}
