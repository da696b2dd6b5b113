using Xunit;

namespace Qga.Testing;

/// <summary>A test that needs programs or device files beside the agent, and is skipped with the reason where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(params string[] needed)
    {
        if (needed.FirstOrDefault(name => Find(name) is null) is { } missing)
            Skip = $"{missing} is missing here";
    }

    /// <summary>Whether the test acts as root does.</summary>
    public bool NeedsRoot
    {
        get;
        set
        {
            field = value;
            if (value && !Environment.IsPrivilegedProcess)
                Skip = "only root may do this";
        }
    }

    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);
}
