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
        using var signals = new Signals();
        return await OfAsync(signals, new MemoryStream(), input, arguments);
    }

    /// <param name="signals">By which the test sends signals.</param>
    /// <param name="output">Where the test sees what is printed.</param>
    /// <param name="input">The input.</param>
    /// <param name="arguments">The words behind the tool's name.</param>
    internal static async Task<ToolRun> OfAsync(Signals signals, MemoryStream output, byte[] input, params string[] arguments)
    {
        using MemoryStream source = new(input), errors = new();
        var exitCode = await Tool.RunAsync(arguments, new ToolStreams(source, output, errors), signals);
        return new ToolRun(exitCode, output.ToArray(), Encoding.UTF8.GetString(errors.ToArray()));
    }
}
