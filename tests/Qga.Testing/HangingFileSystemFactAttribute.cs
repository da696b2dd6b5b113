using Xunit;

namespace Qga.Testing;

/// <summary>A test that needs a <see cref="HangingFileSystem"/>, skipped with the reason where there can be none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HangingFileSystemFactAttribute : FactAttribute
{
    public HangingFileSystemFactAttribute() => Skip = HangingFileSystem.UnavailableReason;
}
