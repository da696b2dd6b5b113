using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Ctl.Native;

namespace Qga.Ctl.Output;

/// <summary>Standard input, output and error output: bytes as they are, and text upon them.</summary>
internal sealed class ToolStreams
{
    /// <summary>How wide text is where nobody knows better.</summary>
    private const int UsualWidth = 80;

    private const int UsualHeight = 24;

    internal ToolStreams(Stream input, Stream output, Stream errors)
    {
        (Input, OutputBytes, ErrorBytes) = (new InputStream(input), output, errors);
        Out = TextOf(output);
        Error = TextOf(errors);
    }

    internal InputStream Input { get; }

    internal Stream OutputBytes { get; }

    internal Stream ErrorBytes { get; }

    internal TextWriter Out { get; }

    internal TextWriter Error { get; }

    internal bool IsInputTerminal { get; private init; }

    /// <summary>Whether a person reads the output.</summary>
    internal bool IsTerminal { get; init; }

    internal bool IsErrorTerminal { get; init; }

    /// <summary>How many columns a line has, at the moment.</summary>
    internal int Width => Window is { Columns: > 0 and var columns } ? columns : UsualWidth;

    /// <summary>How many lines there are, at the moment.</summary>
    internal int Height => Window is { Rows: > 0 and var rows } ? rows : UsualHeight;

    internal static ToolStreams OfProcess()
    {
        var obeys = Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        return new ToolStreams(new DescriptorStream(Descriptor(0)), new DescriptorStream(Descriptor(1)), new DescriptorStream(Descriptor(2)))
        {
            IsInputTerminal = !Console.IsInputRedirected,
            IsTerminal = obeys && !Console.IsOutputRedirected,
            IsErrorTerminal = obeys && !Console.IsErrorRedirected,
        };
    }

    /// <summary>All of the input, as text.</summary>
    internal async Task<string> ReadTextAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(Input, leaveOpen: true);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    private static StreamWriter TextOf(Stream stream) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };

    private static SafeFileHandle Descriptor(int number) => new(number, ownsHandle: false);

    /// <remarks>.NET's console would set up the terminal for reading, and say so to it.</remarks>
    private LibC.WindowSize? Window => IsTerminal ? LibC.SizeOf(1) : IsErrorTerminal ? LibC.SizeOf(2) : null;
}
