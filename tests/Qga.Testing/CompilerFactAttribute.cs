using Xunit;

namespace Qga.Testing;

/// <summary>A test that needs a C compiler, skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CompilerFactAttribute : FactAttribute
{
    public CompilerFactAttribute()
    {
        var folders = Environment.GetEnvironmentVariable("PATH")?.Split(':') ?? [];
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, "cc"))))
            Skip = "no C compiler to ask";
    }
}
