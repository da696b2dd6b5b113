using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.OwnProcess;

/// <summary>
/// What this process was started with. A path in it need not be UTF-8, of which the runtime keeps U+FFFD: here it leads where it led (<see
/// cref="KernelPath"/>).
/// </summary>
public static class Invocation
{
    /// <summary>The words of the command line, the program's name first.</summary>
    public static string[] CommandLine()
    {
        var words = Environment.GetCommandLineArgs();
        if (Array.Exists(words, MayHaveLostBytes) && KernelFile.Read("/proc/self/cmdline", out var block) == Errno.Success
            && KernelPath.Decode(block).Split('\0') is var exact && exact.Length == words.Length + 1)
        {
            words = exact[..^1];    // behind the last NUL is nothing
        }

        return words;
    }

    /// <summary>The value of an environment variable; null if it is not set.</summary>
    public static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is var value && value is not null && MayHaveLostBytes(value)
            ? LibC.EnvironmentVariable(name) ?? value
            : value;

    /// <summary>The value of an environment variable that another process was started with; null if it was not set, or can't be told.</summary>
    public static string? Variable(string name, int process)
    {
        var start = $"{name}=";
        _ = KernelFile.Read($"/proc/{process}/environ", out var block);
        return Array.Find(KernelPath.Decode(block).Split('\0'), variable => variable.StartsWith(start, StringComparison.Ordinal))?[start.Length..];
    }

    private static bool MayHaveLostBytes(string text) => text.Contains('\uFFFD', StringComparison.Ordinal);
}
