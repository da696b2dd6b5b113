using Qga.Ctl.CommandLine;
using Qga.Ctl.Native;

namespace Qga.Ctl.Copying;

/// <summary>One end of a copy.</summary>
/// <param name="Guest">The guest, as the command line calls it; null for this host.</param>
/// <param name="Path">The path there; <c>-</c> on this host is standard input or output.</param>
internal sealed record CopyEnd(string? Guest, string Path)
{
    private static readonly string[] Schemes = ["unix:", "vsock:", "virsh:", "virsh+", "qm:", "exec:"];

    /// <summary>
    /// Takes <c>GUEST:/PATH</c> apart. A guest's path begins with a slash, for an agent has no directory of its own; so the first colon before
    /// one ends the guest, behind what an address needs for itself, and for <c>exec:</c> the last does. What has a slash before any colon is a file
    /// of this host, unless that is the path of a socket.
    /// </summary>
    /// <exception cref="UsageException">It is a guest's, and its path is none.</exception>
    internal static CopyEnd Parse(string word)
    {
        if (word.Length == 0)
            throw new UsageException("one of the paths is empty");
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        if (OfSocket(word) is { } ofSocket)
            return ofSocket;
        if (colon <= 0 || word.AsSpan(0, colon).Contains('/') || word[0] == '.')
            return new CopyEnd(null, word);

        var isAddress = Array.Exists(Schemes, scheme => word.StartsWith(scheme, StringComparison.Ordinal));
        var end = !isAddress ? colon : word.StartsWith("exec:", StringComparison.Ordinal) ? word.LastIndexOf(":/", StringComparison.Ordinal)
            : word.StartsWith("virsh+", StringComparison.Ordinal) ? AfterUri(word)
            : word.IndexOf(":/", colon + 1, StringComparison.Ordinal) is > 0 and var found && found > colon + 1 ? found : -1;
        if (end <= 0 || end + 1 >= word.Length || word[end + 1] != '/')
        {
            var example = isAddress ? "unix:/run/vm1.sock:/etc/hosts" : "vm1:/etc/hosts";
            throw new UsageException($"'{word}' lacks a path of the guest that begins with a slash, as in {example}");
        }

        return new CopyEnd(word[..end], word[(end + 1)..]);
    }

    /// <summary>A name on this host that has a colon is told from a guest's by the <c>./</c> in front of it.</summary>
    public override string ToString() => Guest is null ? Path : $"{Guest}:{Path}";

    /// <summary>The path of a socket that is there stands alone, as elsewhere: <c>/run/vm1.sock:/PATH</c>.</summary>
    /// <returns>Null for what is no such thing.</returns>
    private static CopyEnd? OfSocket(string word)
    {
        if (word[0] != '/' && !word.StartsWith("./", StringComparison.Ordinal) && !word.StartsWith("../", StringComparison.Ordinal))
            return null;
        var end = word.IndexOf(":/", StringComparison.Ordinal);
        return end > 0 && LibC.StatusBehind(word[..end]) is { Kind: LibC.S_IFSOCK } ? new CopyEnd(word[..end], word[(end + 1)..]) : null;
    }

    /// <summary>A URI has colons before slashes of its own, and a domain follows it: <c>virsh+qemu:///system:vm1:/PATH</c>.</summary>
    private static int AfterUri(string word)
    {
        var authority = word.IndexOf("://", StringComparison.Ordinal);
        var domain = word.IndexOf(':', authority < 0 ? "virsh+".Length : authority + 3);
        return domain < 0 ? -1 : word.IndexOf(":/", domain + 1, StringComparison.Ordinal);
    }
}
