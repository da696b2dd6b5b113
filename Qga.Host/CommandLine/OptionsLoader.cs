using System.Globalization;
using System.Text;
using Qga.Platform;
using Qga.Platform.Configuration;
using Qga.Platform.Diagnosis;
using Qga.Platform.OwnProcess;
using Qga.Transport.Protocol;

namespace Qga.Host.CommandLine;

/// <summary>
/// Makes options of the command line, the configuration file and the sockets passed to us, in the order and with the words
/// of qemu-ga; answers --help and its like; says what is wrong.
/// </summary>
public sealed class OptionsLoader(
    string programName, IReadOnlyList<string> commandNames, TextWriter stdout, TextWriter stderr, Func<string, string?> environment)
{
    /// <summary>What the warnings are about.</summary>
    internal const string Subject = "configuration";

    /// <summary>The order of getopt's list of possibilities.</summary>
    private const string OrderOfLetters = "hVcDlfFvmpdbatrs";

    /// <summary>-s is upstream's --service, which only Windows has.</summary>
    private static readonly OptionSpec[] Options =
    [
        .. Settings.All.Select(setting => setting.Option).OfType<OptionSpec>()
            .Concat(Usage.Others.Select(other => other.Spec))
            .Append(new('s', null, ArgumentRule.Required))
            .OrderBy(option => OrderOfLetters.IndexOf(option.Letter, StringComparison.Ordinal)),
    ];

    private readonly List<Finding> _warnings = [];
    private readonly List<string> _oldNames = [];
    private readonly CommandLists _lists = new(commandNames);

    /// <param name="arguments">The command line without the program's name.</param>
    /// <param name="launcher">The process that a daemon was started by, which sockets may have been passed to.</param>
    public StartupDecision Load(IReadOnlyList<string> arguments, int? launcher = null)
    {
        IReadOnlyList<ParsedOption> parsed = [];
        try
        {
            parsed = Parse(arguments);

            // Upstream runs over the command line twice, first for -c alone, and complains both times.
            foreach (var complaint in parsed.Where(option => option.Complaint is not null))
                stderr.WriteLine(complaint.Complaint);
            var options = ReadConfiguration(ConfigurationIn(parsed));

            var dump = false;
            foreach (var option in parsed)
            {
                if (option.Letter == 'D')
                    dump = true;
                else if (Answer(option) is { } code)
                    return new StartupDecision.Exit(code) { Failure = parsed.Any(IsQuestion) ? null : option.Complaint };
                else
                    options = Apply(options, option);
            }

            options = SettleChannel(options, launcher);
            if (!dump)
                return Run(options, parsed);

            stdout.Write(options.ToKeyFile());
            return new StartupDecision.Exit(0);
        }
        catch (OptionsException failure)
        {
            Complain(failure.Message);
            return new StartupDecision.Exit(ExitCode.Of(failure)) { Failure = parsed.Any(IsQuestion) ? null : failure.Message };
        }
        catch (PlatformException badDescriptor)
        {
            // The one error that upstream writes without a log prefix.
            stderr.WriteLine(badDescriptor.Message);
            return new StartupDecision.Exit(ExitCode.Failure);
        }
    }

    /// <summary>Makes the options of the same sources, for whoever is not about to open the channel, and so prints nothing.</summary>
    /// <exception cref="OptionsException">The command line or the configuration file can't be used.</exception>
    public StartupDecision.Serve Read(IReadOnlyList<string> arguments)
    {
        var parsed = Parse(arguments);
        if (parsed.FirstOrDefault(option => option.Complaint is not null) is { } wrong)
            throw new OptionsException(wrong.Complaint!);
        var options = parsed.Aggregate(ReadConfiguration(ConfigurationIn(parsed)), Apply);
        return Run(options with { Path = options.Path ?? AgentOptions.DefaultPath(options.Method) }, parsed);
    }

    /// <summary>
    /// Makes the options of the command line alone, as far as it makes sense: the way out of a freeze depends on no file.
    /// </summary>
    /// <param name="arguments">The command line without the program's name.</param>
    /// <param name="reason">Why; it is the error of these options.</param>
    public StartupDecision.Serve WithoutFile(IReadOnlyList<string> arguments, string reason) => new(
        Parse(arguments).Where(option => option.Complaint is null).Aggregate(new AgentOptions(), Apply),
        [new Finding(Severity.Error, Subject, reason)])
    { IsProvisional = true };

    private StartupDecision.Serve Run(AgentOptions options, IReadOnlyList<ParsedOption> parsed)
    {
        WarnOfOperands(parsed);
        if (parsed.Any(option => option is { Letter: 'b', IsByUnlistedName: true }))
            _oldNames.Add($"option --{Settings.OldBlockRpcs}");
        if (_oldNames.Count > 0)
            Warn(Severity.Warning, $"{string.Join(" and ", _oldNames)}: deprecated, the name is block-rpcs today");
        return new StartupDecision.Serve(options, [.. _warnings.Concat(_lists.Warnings).Distinct()]);
    }

    private IReadOnlyList<ParsedOption> Parse(IReadOnlyList<string> arguments) =>
        new GetOpt(Options, programName, environment("POSIXLY_CORRECT") is not null).Parse(arguments);

    private static string? ConfigurationIn(IReadOnlyList<ParsedOption> parsed) => parsed.LastOrDefault(option => option.Letter == 'c')?.Argument;

    /// <summary>Writes a critical message as GLib does before its user has set up a log.</summary>
    private void Complain(string message)
    {
        var shown = new StringBuilder();
        var former = '\0';
        foreach (var c in message)
        {
            if (char.IsControl(c) && c is not ('\t' or '\n'))
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else if (c is >= '\uDC80' and <= '\uDCFF' && !char.IsHighSurrogate(former))   // a byte of a path that is not UTF-8
                shown.Append(CultureInfo.InvariantCulture, $"\\x{(byte)c:x2}");
            else
                shown.Append(c);
            former = c;
        }

        stderr.Write($"\n** (process:{Environment.ProcessId}): CRITICAL **: {DateTime.Now:HH:mm:ss.fff}: {shown}\n");
    }

    private AgentOptions ReadConfiguration(string? requested)
    {
        var path = requested ?? environment("QGA_CONF") ?? AgentOptions.DefaultConfigurationFile;
        try
        {
            if (KeyFile.LoadTrusted(path) is { } file)
                return Read(file, path);
        }
        catch (KeyFileException failure)
        {
            throw CannotLoad(path, failure.Message, failure);
        }

        return requested is null ? new AgentOptions() : throw CannotLoad(path, "No such file or directory");
    }

    private static OptionsException CannotLoad(string path, string reason, Exception? cause = null) =>
        new($"error loading configuration from path: {path}, {reason}", cause);

    private AgentOptions Read(KeyFile file, string path)
    {
        foreach (var group in file.Groups)
            WarnOfKeys(file, group, path);
        foreach (var old in Settings.All.Where(setting => setting.OldKey is { } key && file.Keys(setting.Group).Contains(key)))
            _oldNames.Add($"key {old.OldKey} of {path}");

        var options = Settings.All.Aggregate(
            new AgentOptions(), (read, setting) => setting.Read(read, file, new SettingSource(_lists, path)));
        return options with { ConfigurationFile = path, OfFile = file.Groups.Any(group => file.Keys(group).Any()) ? options : null };
    }

    private void WarnOfKeys(KeyFile file, string group, string path)
    {
        var known = Settings.All.Where(setting => setting.Group == group).ToList();
        if (known.Count == 0)
        {
            Warn(Severity.Warning, $"ignoring unknown group [{group}] in {path}");
            return;
        }

        foreach (var key in file.Keys(group).Where(key => !known.Exists(setting => setting.GoesBy(key))))
            Warn(Severity.Warning, $"ignoring unknown key {key} of group [{group}] in {path}");
        foreach (var key in file.Keys(group).Where(key => file.IsRepeated(group, key)))
        {
            var counts = known.Find(setting => setting.GoesBy(key)) is CommandListSetting { Blocks: true };
            var effect = counts ? "all its lists are blocked" : "only the last line counts";
            Warn(Severity.Warning, $"key {key} of group [{group}] is repeated in {path}: {effect}");
        }
    }

    /// <summary>qemu-ga ignores them without a word; an empty one is a variable of a unit that is not set.</summary>
    private void WarnOfOperands(IReadOnlyList<ParsedOption> parsed)
    {
        for (var i = 0; i < parsed.Count; i++)
        {
            if (parsed[i] is not { Letter: ParsedOption.Operand, Argument: var word })
                continue;
            if (i > 0 && parsed[i - 1] is { Letter: 'F', Argument: null })
                Warn(Severity.Error, $"{Ignored(word)}: the value of --fsfreeze-hook must be attached, as in --fsfreeze-hook={word}");
            else if (!string.IsNullOrWhiteSpace(word))
                Warn(Severity.Error, $"{Ignored(word)}, which belongs to no option");
        }
    }

    private static string Ignored(string? word) => $"ignoring operand \"{word}\"";

    private void Warn(Severity severity, string text) => _warnings.Add(new Finding(severity, Subject, text));

    /// <summary>Whether an option asks for something to be printed, and for no agent.</summary>
    private static bool IsQuestion(ParsedOption option) => option is { Letter: 'h' or 'V' or 'D' } or { Letter: 'a' or 'b', Argument: "help" or "?" };

    /// <summary>The exit code of an option that needs no agent.</summary>
    private int? Answer(ParsedOption option)
    {
        switch (option)
        {
            case { Complaint: { } complaint }:
                stderr.WriteLine(complaint);
                stdout.WriteLine($"Unknown option, try '{programName} --help' for more information.");
                return ExitCode.Usage;

            case { Letter: 'h' }:
                stdout.Write(Usage.Text(programName));
                return 0;

            case { Letter: 'V' }:
                stdout.WriteLine($"QEMU Guest Agent {ProtocolLevel.Version} (qga {Usage.Version})");
                return 0;

            case { Letter: 'a' or 'b', Argument: "help" or "?" }:
                foreach (var name in commandNames)
                    stdout.WriteLine(name);
                return 0;

            default:
                return null;
        }
    }

    private AgentOptions Apply(AgentOptions options, ParsedOption option) =>
        Settings.All.FirstOrDefault(setting => setting.Option?.Letter == option.Letter) is { } known
            ? known.Apply(options, option.Argument, new SettingSource(_lists, File: null))
            : options;

    /// <summary>
    /// The options with the channel that the service manager has passed, or else the path that belongs to their method.
    /// </summary>
    /// <exception cref="OptionsException">There is none.</exception>
    internal AgentOptions SettleChannel(AgentOptions options, int? launcher)
    {
        try
        {
            if (SocketActivation.Detect(environment, launcher) is { } activation)
                return options with { Activation = activation, Method = activation.Method, Path = null };
        }
        catch (SocketActivationException failure)
        {
            throw new OptionsException(failure.Message);
        }

        var path = options.Path ?? AgentOptions.DefaultPath(options.Method);
        return path is not null
            ? options with { Path = path }
            : throw new OptionsException("must specify a path for this channel");
    }
}

/// <summary>The agent can't start with such options; the message is for the administrator.</summary>
public sealed class OptionsException(string message, Exception? cause = null) : Exception(message, cause);
