using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Ctl.Interruption;
using Qga.Ctl.Output;

namespace Qga.Ctl.Tests;

/// <summary>The tool within this process, for what needs neither signals nor a terminal.</summary>
internal sealed record ToolRun(int ExitCode, byte[] OutputBytes, string Error)
{
    internal string Output => Encoding.UTF8.GetString(OutputBytes);

    internal JToken Json => JToken.Parse(Output);

    internal static Task<ToolRun> OfAsync(params string[] arguments) => WithInputAsync([], arguments);

    internal static async Task<ToolRun> WithInputAsync(byte[] input, params string[] arguments)
    {
        using MemoryStream source = new(input), output = new(), errors = new();
        using var signals = new Signals();
        var exitCode = await Tool.RunAsync(arguments, new ToolStreams(source, output, errors), signals);
        return new ToolRun(exitCode, output.ToArray(), Encoding.UTF8.GetString(errors.ToArray()));
    }
}
