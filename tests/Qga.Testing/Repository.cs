namespace Qga.Testing;

/// <summary>Places in the source tree that the tests run in.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string relativePath) => Path.Combine(Root, relativePath);

    private static string FindRoot()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "Qga.sln")))
                return directory;
        }

        throw new InvalidOperationException($"no Qga.sln above {AppContext.BaseDirectory}");
    }
}
