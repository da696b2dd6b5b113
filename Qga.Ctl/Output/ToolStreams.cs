using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Qga.Ctl.Output;

/// <summary>Standard input, output and error output: bytes as they are, and text upon them.</summary>
internal sealed class ToolStreams
{
    /// <summary>How wide text is where nobody knows better.</summary>
    private const int UsualWidth = 80;

    private readonly Func<int> _width;

    internal ToolStreams(Stream input, Stream output, Stream errors, Func<int>? width = null)
    {
        (InputBytes, OutputBytes, ErrorBytes, _width) = (input, output, errors, width ?? (() => UsualWidth));
        Out = TextOf(output);
        Error = TextOf(errors);
    }

    internal Stream InputBytes { get; }

    internal Stream OutputBytes { get; }

    internal Stream ErrorBytes { get; }

    internal TextWriter Out { get; }

    internal TextWriter Error { get; }

    internal bool IsInputTerminal { get; private init; }

    /// <summary>Whether a person reads the output.</summary>
    internal bool IsTerminal { get; init; }

    internal bool IsErrorTerminal { get; init; }

    /// <summary>How many columns a line has, at the moment.</summary>
    internal int Width => _width();

    internal static ToolStreams OfProcess() => new(InputOfProcess(), new OutputStream(Descriptor(1)), new OutputStream(Descriptor(2)), WidthOfTerminal)
    {
        IsInputTerminal = !Console.IsInputRedirected,
        IsTerminal = !Console.IsOutputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
    };

    /// <summary>All of the input, as text.</summary>
    internal async Task<string> ReadTextAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(InputBytes, leaveOpen: true);
        return await reader.ReadToEndAsync(CancellationToken.None).WaitAsync(cancellationToken);
    }

    private static Stream InputOfProcess() => Console.OpenStandardInput();

    private static StreamWriter TextOf(Stream stream) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };

    private static SafeFileHandle Descriptor(int number) => new(number, ownsHandle: false);

    private static int WidthOfTerminal()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth;
        }
    }
}
