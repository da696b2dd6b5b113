using System.Text;
using Spectre.Console;

namespace Qga.Ctl.Output;

/// <summary>A terminal for what moves and has colours.</summary>
internal static class Screen
{
    /// <summary>The output, as a terminal. It must be one.</summary>
    internal static IAnsiConsole OfOutput(ToolStreams streams) => Of(streams.Out, streams);

    /// <summary>The error output, as a terminal. It must be one.</summary>
    internal static IAnsiConsole OfErrors(ToolStreams streams) => Of(streams.Error, streams);

    private static IAnsiConsole Of(TextWriter writer, ToolStreams streams) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes,
        Interactive = InteractionSupport.Yes,
        ColorSystem = HasColours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        Out = new Lines(writer, streams),
    });

    /// <remarks>https://no-color.org</remarks>
    private static bool HasColours => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private sealed class Lines(TextWriter writer, ToolStreams streams) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => streams.Width;

        public int Height => streams.Height;

        public void SetEncoding(Encoding encoding)
        {
            // The streams are UTF-8.
        }
    }
}
