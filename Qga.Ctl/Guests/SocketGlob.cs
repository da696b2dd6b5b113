using System.IO.Enumeration;

namespace Qga.Ctl.Guests;

/// <summary>Paths of sockets with <c>*</c> and <c>?</c>, for where no shell has expanded them, as behind <c>unix:</c>.</summary>
internal static class SocketGlob
{
    internal static bool IsPattern(string path) => path.AsSpan().ContainsAny('*', '?');

    /// <summary>The paths that there are, in order; hidden ones only if the pattern names the dot.</summary>
    internal static IEnumerable<string> Expand(string pattern)
    {
        IEnumerable<string> found = [pattern.StartsWith('/') ? "/" : ""];
        foreach (var part in pattern.Split('/', StringSplitOptions.RemoveEmptyEntries))
            found = found.SelectMany(folder => IsPattern(part) ? Matches(folder, part) : [Path.Join(folder, part)]);
        return found.Where(path => File.Exists(path)).Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Matches(string folder, string part) => !Directory.Exists(folder.Length > 0 ? folder : ".")
        ? []
        : from path in Directory.EnumerateFileSystemEntries(folder.Length > 0 ? folder : ".")
          let name = Path.GetFileName(path)
          where (part[0] == '.' || name[0] != '.') && FileSystemName.MatchesSimpleExpression(part, name, ignoreCase: false)
          select Path.Join(folder, name);
}
