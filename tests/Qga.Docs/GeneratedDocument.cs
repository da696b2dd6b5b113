using Qga.Host.Schema;
using Qga.Testing;

namespace Qga.Docs;

/// <summary>A file of the repository that is made from the code, or in part from what was measured.</summary>
/// <param name="Path">Where it is, from the repository's root.</param>
/// <param name="Text">What is in it.</param>
public sealed record GeneratedDocument(string Path, string Text)
{
    public static IReadOnlyList<GeneratedDocument> All =>
    [
        new("schema/qga.schema.json", $"{ProtocolSchema.Json}\n"),
        new("config/qemu-ga.conf", SampleConfiguration.Text),
        new("docs/protocol.md", ProtocolDocument.Text(ProtocolSchema.Commands)),
        .. ClientCode.Documents(ProtocolSchema.Commands),
        new(PerformanceDocument.Page, PerformanceDocument.Text(
            File.ReadAllText(Repository.PathOf(PerformanceDocument.Page)),
            PerformanceFigure.Read(File.ReadLines(Repository.PathOf(PerformanceFigure.History))))),
    ];
}
