
namespace Qga.Testing;

/// <summary>Asks the C library and its headers, which are right about themselves.</summary>
public static class CProgram
{
    /// <summary>Compiles the program, runs it, and gives what it wrote; <paramref name="input"/> is a file that it gets as its argument.</summary>
    /// <param name="source">The program.</param>
    /// <param name="input">What is in that file.</param>
    /// <param name="target">The machine that it is for, see <see cref="CTarget"/>.</param>
    public static string OutputOf(string source, string input = "", string target = CTarget.Own)
    {
        var folder = Directory.CreateTempSubdirectory("qga-test-").FullName;
        try
        {
            var (program, data) = (Path.Combine(folder, "program"), Path.Combine(folder, "input"));
            File.WriteAllText(data, input);
            Compile(source, program, target);
            string[] command = [.. CTarget.Running(target, program), data];
            return Succeeded(ProcessRun.Of(command[0], command[1..]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Makes a program that needs no library beside it.</summary>
    public static void Compile(string source, string program, string target = CTarget.Own)
    {
        var code = $"{program}.c";
        File.WriteAllText(code, source);
        _ = Succeeded(ProcessRun.Of(CTarget.CompilerOf(target), ["-static", "-pthread", "-o", program, code]));
    }

    private static string Succeeded(ProcessRun run) =>
        run is { ExitCode: 0, Error: "" } ? run.Output : throw new InvalidOperationException($"{run}");
}
