using Qga.Testing;

namespace Qga.Bench;

/// <summary>
/// What a unix socket gives at the most: a program in C that reads a file into memory for each line that it gets, and answers with a text that
/// was encoded before.
/// </summary>
/// <param name="file">What it reads.</param>
/// <param name="answer">What it answers with.</param>
internal sealed class ReadServer(string file, string answer) : AgentUnderTest(Program.Value, [file, answer])
{
    private static readonly Lazy<string> Program = new(() =>
    {
        var program = Repository.PathOf("artifacts/bench/read-server");
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        CProgram.Compile(File.ReadAllText(Repository.PathOf("tests/Qga.Bench/read-server.c")), program);
        return program;
    });
}
