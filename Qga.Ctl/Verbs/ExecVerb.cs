using System.Globalization;
using Newtonsoft.Json.Linq;
using Qga.Client;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Running;

namespace Qga.Ctl.Verbs;

/// <summary>Runs a program in a guest as if it ran here.</summary>
internal sealed class ExecVerb : IVerb
{
    /// <summary>As timeout(1) tells it.</summary>
    private const int TimedOut = 124;

    /// <summary>As a shell tells it.</summary>
    private const int CanNotBeRun = 127;

    public string Name => "exec";

    public string Summary => "Run a program in a guest, with live output.";

    public string Synopsis => "GUEST [--] PROGRAM [ARGUMENT...]";

    public string Description => """
        Output comes while the program runs, and its exit code is handed on: 128 and the
        number for a signal. 255 is a failure of ours, 127 a program that can't be run,
        124 one that has not ended in time. No shell takes the words apart.

        The program reads what standard input has, as it comes. A terminal is read with
        -i only, by lines; -n gives the program nothing, as in a loop that reads lines.

        INT, TERM, HUP, QUIT, USR1 and USR2 are sent to the program and to all that it
        has started. A second Ctrl-C sends TERM, a third KILL, and a fourth leaves it to
        itself. It ends, too, when nobody reads the output any more.

        With --json each line is an object: "stdout" or "stderr" with a piece of text
        (where that is not UTF-8, "stdoutBase64"), at the end "exitCode" and "signal",
        and "runsOn" with its process if it was left.
        """;

    public IReadOnlyList<Option> Options { get; } =
    [
        new("env", "Add a variable to the environment.", 'e', "NAME=VALUE"),
        new("directory", "Run in this directory of the guest.", 'C', "DIRECTORY"),
        new("input", "Have the program read what is typed, too.", 'i'),
        new("no-input", "Give the program no input.", 'n'),
        new("limit", "End the program after so long.", Value: "SECONDS"),
    ];

    public int? OperandsBeforeProgram => 1;

    public int ExitCodeOf(Exception failure, int usual) => failure switch
    {
        UsageException or QgaAddressException => usual,
        QgaGuestException => CanNotBeRun,
        _ => ExitCode.ExecFailure,
    };

    public async Task<int> RunAsync(CommandWords words, VerbContext context)
    {
        if (words.All is not [var name, var program, .. var arguments])
            throw new UsageException($"what is needed is {Synopsis}");
        if (program is "" or ['-', ..])
            throw new UsageException($"'{program}' is no program");
        var environment = EnvironmentOf(words);
        var limit = words.Seconds("limit");
        await using var guest = await context.ConnectAsync(name);

        var isRead = !words.Has("no-input") && (words.Has("input") || !context.Streams.IsInputTerminal);
        var options = new RunOptions
        {
            Input = isRead ? context.Streams.Input : null,
            LiveInput = true,
            Environment = environment,
            WorkingDirectory = words.Value("directory"),
        };
        await using var process = await guest.StartAsync(program, arguments, options, context.Cancellation);
        await using var control = new ProgramControl(process, limit, context.Signals, context.Note);
        IOutputSink sink = context.IsJson ? new JsonSink(context) : new RawSink(context);
        try
        {
            await foreach (var chunk in process.ReadOutputAsync(control.Leave))
                sink.Take(chunk);
        }
        catch (OperationCanceledException) when (control.Leave.IsCancellationRequested)
        {
            // A guest that does not answer is not waited for to be tidied.
            await guest.DisposeAsync();
            sink.Leave(program, process.Pid);
            return 128 + control.LastSignal;
        }
        catch (IOException)
        {
            await control.EndAsync();
            throw;
        }
        catch (QgaException failure) when (failure is not QgaGuestException)
        {
            context.Note($"{program} may run on in the guest, as process {process.Pid}");
            throw;
        }

        sink.End(process.Exit!);
        if (!control.IsOverdue)
            return process.Exit!.ShellCode;
        context.Note($"{program} was ended after {limit!.Value.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        return TimedOut;
    }

    private static Dictionary<string, string> EnvironmentOf(CommandWords words)
    {
        Dictionary<string, string> variables = [];
        foreach (var word in words.Values("env"))
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                throw new UsageException($"--env {word}: NAME=VALUE is needed");
            variables[word[..at]] = word[(at + 1)..];
        }

        return variables;
    }

    /// <summary>Where output goes.</summary>
    private interface IOutputSink
    {
        void Take(GuestOutput chunk);

        void End(GuestExit exit);

        void Leave(string program, long pid);
    }

    /// <summary>Bytes as they are.</summary>
    private sealed class RawSink(VerbContext context) : IOutputSink
    {
        public void Take(GuestOutput chunk) =>
            (chunk.Kind == GuestOutputKind.Output ? context.Streams.OutputBytes : context.Streams.ErrorBytes).Write(chunk.Data.Span);

        public void Leave(string program, long pid) => context.Note($"{program} runs on in the guest, as process {pid}");

        public void End(GuestExit exit)
        {
            // The exit code of the tool says it.
        }
    }

    /// <summary>A line of JSON for each piece.</summary>
    private sealed class JsonSink(VerbContext context) : IOutputSink
    {
        private readonly TextPieces _output = new(), _errors = new();

        public void Take(GuestOutput chunk) => Print(chunk.Kind, Of(chunk.Kind).Add(chunk.Data.Span));

        public void End(GuestExit exit)
        {
            foreach (var kind in new[] { GuestOutputKind.Output, GuestOutputKind.Error })
                Print(kind, Of(kind).End());
            context.Print(new JObject { ["exitCode"] = exit.ExitCode, ["signal"] = exit.Signal });
        }

        public void Leave(string program, long pid) =>
            context.Print(new JObject { ["exitCode"] = null, ["signal"] = null, ["runsOn"] = pid });

        private TextPieces Of(GuestOutputKind kind) => kind == GuestOutputKind.Output ? _output : _errors;

        private void Print(GuestOutputKind kind, TextPieces.Piece? piece)
        {
            var name = kind == GuestOutputKind.Output ? "stdout" : "stderr";
            if (piece is { } found)
                context.Print(new JObject { [found.IsText ? name : $"{name}Base64"] = found.Value });
        }
    }
}
