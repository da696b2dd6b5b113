using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Testing;

/// <summary>What a fresh qemu-ga 11.1 answered to some bytes. In the files each character of a text is one byte.</summary>
public sealed record Transcript(string Name, byte[] Send, IReadOnlyList<string> Answers)
{
    /// <summary>The transcripts of one file, by name.</summary>
    public static IReadOnlyDictionary<string, Transcript> Load(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Transcripts", file + ".jsonl"))
            .Select(line => Parse(JObject.Parse(line)))
            .ToDictionary(transcript => transcript.Name);

    private static Transcript Parse(JObject json) => new(
        (string)json["name"]!,
        Encoding.Latin1.GetBytes((string)json["send"]!),
        [.. json["recv"]!.Select(answer => (string)answer!)]);
}
