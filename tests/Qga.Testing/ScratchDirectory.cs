namespace Qga.Testing;

/// <summary>A directory that goes away with its content, and with what the agents that had their state there have left behind.</summary>
public sealed class ScratchDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("qga-test-").FullName;

    public string PathOf(string name) => Path.Combine(Root, name);

    public string Write(string name, string content)
    {
        var path = PathOf(name);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>
    /// Writes an executable. Another process does it: a child that some other test starts meanwhile would have the file open for
    /// writing until it executes its own program, and what is open for writing can't be executed.
    /// </summary>
    public string WriteProgram(string name, string content)
    {
        var (source, path) = (Write($"{Path.GetFileName(name)}.source", content), PathOf(name));
        ProcessRun.Of("install", ["-D", "-m", "755", source, path]);
        File.Delete(source);
        return path;
    }

    public void Dispose()
    {
        KeeperProcess.EndAllOf(Root);
        Directory.Delete(Root, recursive: true);
    }
}
