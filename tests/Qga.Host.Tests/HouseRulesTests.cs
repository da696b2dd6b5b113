using System.Text.RegularExpressions;
using System.Xml.Linq;
using Qga.Testing;

namespace Qga.Host.Tests;

/// <summary>What CONTRIBUTING.md says of the layout, as far as the sources themselves show it.</summary>
public class HouseRulesTests
{
    private static readonly Regex MaxLineLength = Pattern(@"^max_line_length = (\d+)$");
    private static readonly string[] Projects = ["Qga.Actors", "Qga.Transport", "Qga.Platform", "Qga.Host"];
    private static readonly string[] AllOfThem = [.. Projects, "Qga.Client", "Qga.Ctl"];

    public static TheoryData<string> AllProjects => [.. AllOfThem];

    [Theory]
    [MemberData(nameof(AllProjects))]
    public void Namespaces_of_a_project_form_no_circle(string project)
    {
        var sources = SourcesOf(project).Select(Source.Read).OfType<Source>().ToList();
        var declared = sources.ToLookup(source => source.Namespace, source => source.Types);
        var uses = sources
            .ToLookup(source => source.Namespace, source => declared.Select(found => found.Key).Where(other => Uses(source, other)))
            .ToDictionary(found => found.Key, found => found.SelectMany(others => others).Distinct().ToList());

        Assert.NotEmpty(uses);
        Assert.Null(CircleIn(uses));

        bool Uses(Source source, string other) => other != source.Namespace
            && (source.Usings.Contains(other)
                || (source.Namespace.StartsWith($"{other}.", StringComparison.Ordinal) && declared[other].Any(types => types.Overlaps(source.Words))));
    }

    [Fact]
    public void Circle_is_found()
    {
        Dictionary<string, List<string>> uses = new() { ["A"] = ["B"], ["B"] = ["C", "D"], ["C"] = [], ["D"] = ["B"] };
        Assert.Equal("B uses D uses B", CircleIn(uses));
    }

    [Fact]
    public void Projects_refer_one_way_and_platform_transport_and_client_to_nobody()
    {
        Dictionary<string, string[]> allowed = new()
        {
            ["Qga.Platform"] = [],
            ["Qga.Transport"] = [],
            ["Qga.Actors"] = ["Qga.Platform", "Qga.Transport"],
            ["Qga.Host"] = ["Qga.Actors"],
            ["Qga.Client"] = [],
            ["Qga.Ctl"] = ["Qga.Client"],
        };
        Assert.All(AllOfThem, project => Assert.Equal(allowed[project], References(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension).Order()));
    }

    [Fact]
    public void Platform_knows_no_actors()
    {
        Assert.DoesNotContain(References("Qga.Platform", "PackageReference"), package => package!.StartsWith("Akka", StringComparison.Ordinal));
        Assert.DoesNotContain(SourcesOf("Qga.Platform").Select(File.ReadAllText), text => text.Contains("using Akka", StringComparison.Ordinal));
    }

    /// <remarks>Of a path that is not UTF-8 the runtime makes another; the files left out have paths of our own alone, and the text of a log.</remarks>
    [Fact]
    public void Paths_reach_the_kernel_by_their_bytes()
    {
        string[] harmless = ["LibC.Syslog.cs", "DaemonLauncher.cs", "RuntimeDirectory.cs", "ControlSocket.cs"];
        var lossy = Pattern(@"\b(?:StringMarshalling\.Utf8|Path\.Exists|(?:File|Directory)\.[A-Z]\w+\(|new (?:FileStream|FileInfo|DirectoryInfo|StreamReader|StreamWriter)\b)");
        var files = Projects.SelectMany(SourcesOf).Where(file => lossy.IsMatch(File.ReadAllText(file))).Select(Path.GetFileName);

        Assert.Equal(harmless.Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Lines_are_no_longer_than_the_editorconfig_says()
    {
        int[] limits = [.. MaxLineLength.Matches(File.ReadAllText(Repository.PathOf(".editorconfig"))).Select(limit => int.Parse(limit.Groups[1].ValueSpan))];

        Assert.Empty(AllOfThem.SelectMany(project => LongLines(project, limits[0])));
        Assert.Empty(LongLines("tests", limits[1]));
    }

    [Fact]
    public void Version_is_written_in_one_place()
    {
        var version = (string)XDocument.Load($"{Repository.Root}/Directory.Build.props").Descendants("Version").Single();
        var others =
            from file in AllOfThem.Append("tests").SelectMany(SourcesOf).Concat(Directory.EnumerateFiles($"{Repository.Root}/packaging", "*", SearchOption.AllDirectories))
            where File.ReadAllText(file).Contains(version, StringComparison.Ordinal)
            select Path.GetRelativePath(Repository.Root, file);

        Assert.Empty(others);
    }

    /// <summary>A way from a namespace back to itself; null if there is none.</summary>
    private static string? CircleIn(Dictionary<string, List<string>> uses)
    {
        HashSet<string> done = [];
        return uses.Keys.Select(start => From(start, [])).FirstOrDefault(circle => circle is not null);

        string? From(string current, List<string> way)
        {
            if (way.IndexOf(current) is >= 0 and var first)
                return string.Join(" uses ", way.Skip(first).Append(current));
            if (!done.Add(current))
                return null;
            way.Add(current);
            var found = uses[current].Select(next => From(next, way)).FirstOrDefault(circle => circle is not null);
            way.RemoveAt(way.Count - 1);
            return found;
        }
    }

    /// <summary>An answer in a raw string can't be broken.</summary>
    private static IEnumerable<string> LongLines(string folder, int limit) =>
        from file in SourcesOf(folder)
        from line in File.ReadLines(file).Index()
        where line.Item.Length > limit && !line.Item.TrimStart().StartsWith("{\"return\": ", StringComparison.Ordinal)
        select $"{Path.GetRelativePath(Repository.Root, file)}:{line.Index + 1}";

    private static IEnumerable<string?> References(string project, string kind) =>
        XDocument.Load($"{Repository.Root}/{project}/{project}.csproj").Descendants(kind).Select(reference => (string?)reference.Attribute("Include"));

    private static IEnumerable<string> SourcesOf(string folder) => Directory.EnumerateFiles($"{Repository.Root}/{folder}", "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static Regex Pattern(string pattern) => new(pattern, RegexOptions.Multiline | RegexOptions.NonBacktracking);

    /// <summary>What a file says of its namespaces.</summary>
    private sealed record Source(string Namespace, IReadOnlySet<string> Usings, IReadOnlySet<string> Types, IReadOnlySet<string> Words)
    {
        private static readonly Regex Comment = Pattern("//.*");
        private static readonly Regex NamespaceLine = Pattern(@"^namespace ([\w.]+);");
        private static readonly Regex Using = Pattern(@"^using (static )?([\w.]+);");
        private static readonly Regex Declaration = Pattern(@"^(?:\w+ )*(?:class|struct|record|interface|enum|delegate) (\w+)");
        private static readonly Regex Word = Pattern(@"\w+");

        /// <summary>Null for a file without a namespace, as the entry point is.</summary>
        internal static Source? Read(string file)
        {
            var text = Comment.Replace(File.ReadAllText(file), "");
            return NamespaceLine.Match(text) is { Success: true } found
                ? new Source(
                    found.Groups[1].Value,
                    Using.Matches(text).SelectMany(line => (string[])[line.Groups[2].Value, line.Groups[1].Success ? Parent(line.Groups[2].Value) : ""]).ToHashSet(),
                    Declaration.Matches(text).Select(declaration => declaration.Groups[1].Value).ToHashSet(),
                    Word.Matches(text).Select(word => word.Value).ToHashSet())
                : null;
        }

        private static string Parent(string name) => name[..name.LastIndexOf('.')];
    }
}
