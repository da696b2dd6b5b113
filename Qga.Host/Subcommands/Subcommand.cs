using Newtonsoft.Json.Linq;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Platform.Diagnosis;
using Qga.Platform.Processes;

namespace Qga.Host.Subcommands;

/// <summary>
/// What the executable does instead of being the agent, if the first word of its command line says so. All take the agent's own options;
/// without any, those of the agent that runs.
/// </summary>
internal abstract class Subcommand
{
    /// <summary>The exit code of a command line that makes no sense, or of a question that nobody can answer.</summary>
    protected const int Trouble = 2;

    private const string Json = "--json";

    private string[] _options = [];

    private OptionsLoader? _loader;

    protected abstract string Help { get; }

    /// <summary>Whether the words behind it are the agent's own options.</summary>
    protected virtual bool TakesAgentOptions => true;

    /// <summary>What follows it on the command line.</summary>
    protected IReadOnlyList<string> Words => _options;

    /// <summary>The agents of this guest, each asked once.</summary>
    protected IReadOnlyList<LocalAgent> Agents => field ??= LocalAgent.All();

    /// <summary>Whether the answer is for programs.</summary>
    protected bool IsJson { get; private set; }

    /// <summary>The subcommand that a command line asks for; null if it is the agent's.</summary>
    internal static Subcommand? Of(IReadOnlyList<string> arguments)
    {
        Subcommand? subcommand = (arguments is [var word, ..] ? word : null) switch
        {
            SubcommandName.Status => new StatusSubcommand(),
            SubcommandName.Check => new CheckSubcommand(),
            SubcommandName.Thaw => new ThawSubcommand(),
            SubcommandName.Schema => new SchemaSubcommand(),
            SubcommandName.Policy => new PolicySubcommand(),
            SubcommandName.Audit => new AuditSubcommand(),
            SubcommandName.Metrics => new MetricsSubcommand(),
            SubcommandName.Freezes => new FreezesSubcommand(),
            _ => null,
        };
        if (subcommand is not null)
        {
            subcommand.IsJson = arguments.Contains(Json);
            subcommand._options = [.. arguments.Skip(1).Where(argument => argument != Json)];
        }

        return subcommand;
    }

    /// <param name="loader">Reads the options.</param>
    /// <param name="output">Where the answer goes.</param>
    /// <param name="error">Where it says why there is none.</param>
    /// <returns>The exit code.</returns>
    internal int Run(OptionsLoader loader, TextWriter output, TextWriter error)
    {
        if (_options.Any(option => option is "-h" or "--help"))
        {
            output.Write(Help);
            return 0;
        }

        _options = TakeOperands(_options);
        if (TakesAgentOptions && _options.Length == 0 && Agents is [{ Status: { } status } agent])
            _options = OptionsOf(status, agent.Process);
        _loader = loader;

        // Whoever looks for a user may have to run a program that asks a directory service.
        Spawner.Prepare();
        return Run(() => loader.Read(_options), output, error);
    }

    /// <summary>Takes the subcommand's own words, if it has any.</summary>
    /// <returns>The agent's options that are left.</returns>
    protected virtual string[] TakeOperands(string[] words) => words;

    /// <summary>The options without those of a file that can't be used.</summary>
    protected StartupDecision.Serve WithoutFile(string reason) => _loader!.WithoutFile(_options, reason);

    /// <param name="read">Reads the options; throws an <see cref="OptionsException"/>.</param>
    /// <param name="output">Where the answer goes.</param>
    /// <param name="error">Where it says why there is none.</param>
    /// <returns>The exit code.</returns>
    protected abstract int Run(Func<StartupDecision.Serve> read, TextWriter output, TextWriter error);

    /// <summary>The options with which another agent would be as the one whose status it is.</summary>
    private static string[] OptionsOf(JObject status, int process)
    {
        (string Letter, JToken? Value)[] options =
        [
            ("c", status["configuration"]), ("t", status["state-directory"]), ("m", status["channel"]?["method"]),
            ("p", status["channel"]?["path"]), ("F", status["hook"]?["path"] ?? Settings.NoHook),
        ];
        string[] told = [.. options.Where(option => option.Value is not null).Select(option => $"-{option.Letter}{option.Value}")];

        // JSON can't tell a path that is not UTF-8, nor can the configuration file have one: the command line names it.
        return Array.Exists(told, option => option.Contains('\uFFFD', StringComparison.Ordinal))
            ? [.. ProcessTable.ArgumentsOf(process).Skip(1)]
            : told;
    }

    protected static int Fail(TextWriter error, string message)
    {
        error.WriteLine($"{Usage.ProgramName}: {Printable.Of(message)}");
        return Trouble;
    }
}
