namespace Qga.Platform.Policy;

/// <summary>Rules that can't be used. The message says where in full, and why.</summary>
/// <param name="path">The file or directory.</param>
/// <param name="line">The line, from 1; 0 for the file as a whole.</param>
/// <param name="reason">What is wrong.</param>
/// <param name="brief">The same without directories; null if the reason names none.</param>
public sealed class PolicyException(string path, int line, string reason, string? brief = null)
    : PlatformException($"{path}{(line > 0 ? $":{line}" : "")}: {reason}")
{
    /// <summary>Where and why, for the host, which has no business with the directories of the guest.</summary>
    public string Brief { get; } =
        $"{path.TrimEnd('/')[(path.TrimEnd('/').LastIndexOf('/') + 1)..]}{(line > 0 ? $":{line}" : "")}: {brief ?? reason}";
}

/// <summary>The guest's policy does not allow what was asked for; the message is the answer.</summary>
public sealed class PolicyRefusalException(string message) : PlatformException(message);
