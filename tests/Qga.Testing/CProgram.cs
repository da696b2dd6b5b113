
namespace Qga.Testing;

/// <summary>Asks the C library and its headers, which are right about themselves.</summary>
public static class CProgram
{
    /// <summary>Compiles the program, runs it, and gives what it wrote; <paramref name="input"/> is a file that it gets as its argument.</summary>
    public static string OutputOf(string source, string input = "")
    {
        var folder = Directory.CreateTempSubdirectory("qga-test-").FullName;
        try
        {
            var (code, program, data) = (Path.Combine(folder, "program.c"), Path.Combine(folder, "program"), Path.Combine(folder, "input"));
            File.WriteAllText(code, source);
            File.WriteAllText(data, input);
            _ = Succeeded(ProcessRun.Of("cc", ["-o", program, code]));
            return Succeeded(ProcessRun.Of(program, [data]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Succeeded(ProcessRun run) =>
        run is { ExitCode: 0, Error: "" } ? run.Output : throw new InvalidOperationException($"{run}");
}
