using Qga.Testing;

namespace Qga.Ctl.Tests;

/// <summary>The executable that is shipped: what QGACTL_BINARY names, else what <c>make publish</c> made.</summary>
internal static class PublishedTool
{
    internal static string Executable { get; } = Environment.GetEnvironmentVariable("QGACTL_BINARY") is { Length: > 0 } path
        ? path
        : Repository.PathOf("artifacts/publish-ctl/qgactl");
}
