using Qga.Platform.Configuration;

namespace Qga.Host.CommandLine;

/// <summary>Something that can be set: what it is called, what it takes, and where its value lies among the options.</summary>
/// <param name="group">The group of its key in the configuration file.</param>
/// <param name="key">The key.</param>
/// <param name="about">What it is, in sentences: for --help, and the comment of the sample file.</param>
internal abstract class Setting(string group, string key, string about)
{
    internal const string General = "general";

    /// <summary>The group of our own settings, which qemu-ga doesn't know and ignores.</summary>
    internal const string Own = "qga";

    internal static readonly AgentOptions Defaults = new();

    internal string Group => group;

    internal string Key => key;

    /// <summary>A key that it had in the past, and still goes by.</summary>
    internal string? OldKey { get; init; }

    internal string About => about;

    /// <summary>The option that sets it; null if none does.</summary>
    internal OptionSpec? Option { get; init; }

    /// <summary>What stands for the option's argument in --help.</summary>
    internal string? ArgumentName { get; init; }

    /// <summary>What is to be said of the option alone.</summary>
    internal string? OptionNote { get; init; }

    /// <summary>What the sample file shows where there is no default.</summary>
    internal string? Example { get; init; }

    /// <summary>Takes over a value that a reload has found; null for what holds until the next start.</summary>
    internal Func<AgentOptions, AgentOptions, AgentOptions>? Renew { get; init; }

    /// <summary>Whether a key of its group means it.</summary>
    internal bool GoesBy(string name) => name == Key || name == OldKey;

    /// <summary>The options with what the file says.</summary>
    /// <exception cref="KeyFileException">The value is none.</exception>
    internal abstract AgentOptions Read(AgentOptions options, KeyFile file, SettingSource source);

    /// <summary>The options with what an option of the command line says.</summary>
    internal virtual AgentOptions Apply(AgentOptions options, string? argument, SettingSource source) => options;

    /// <summary>The value in effect, as the file has it.</summary>
    internal abstract string? ValueIn(AgentOptions options);

    /// <summary>Whether --dump-conf shows it: upstream's settings where they have a value, ours where they were changed.</summary>
    internal virtual bool IsDumped(AgentOptions options) => ValueIn(options) is { } value && (Group == General || value != ValueIn(Defaults));
}

/// <summary>Where a value comes from.</summary>
/// <param name="Lists">Reads lists of commands.</param>
/// <param name="File">The configuration file; null for the command line.</param>
internal sealed record SettingSource(CommandLists Lists, string? File);

/// <summary>A setting that is on or off; its option switches it on.</summary>
internal sealed class FlagSetting(string key, string about, Func<AgentOptions, bool> get, Func<AgentOptions, bool, AgentOptions> set)
    : Setting(General, key, about)
{
    /// <summary>Whether --dump-conf shows it only when it is on.</summary>
    internal bool IsNew { get; init; }

    internal override AgentOptions Read(AgentOptions options, KeyFile file, SettingSource source) =>
        file.GetBoolean(Group, Key) is { } value ? set(options, value) : options;

    internal override AgentOptions Apply(AgentOptions options, string? argument, SettingSource source) => set(options, true);

    internal override string? ValueIn(AgentOptions options) => get(options) ? "true" : "false";

    internal override bool IsDumped(AgentOptions options) => !IsNew || get(options);
}

/// <summary>A setting that is a path or a word.</summary>
internal sealed class TextSetting(string key, string about, Func<AgentOptions, string?> get, Func<AgentOptions, string?, AgentOptions> set)
    : Setting(General, key, about)
{
    internal override AgentOptions Read(AgentOptions options, KeyFile file, SettingSource source) =>
        file.GetString(Group, Key) is { } value ? set(options, value) : options;

    internal override AgentOptions Apply(AgentOptions options, string? argument, SettingSource source) => set(options, argument);

    internal override string? ValueIn(AgentOptions options) => get(options);
}

/// <summary>A list of commands. Each list of the command line goes behind the ones before it, back to front, which --dump-conf shows.</summary>
/// <param name="key">The key.</param>
/// <param name="about">What it is.</param>
/// <param name="blocks">Whether it names what is blocked: then all lines of the file count, and no line lifts what another blocks.</param>
/// <param name="get">Gives the list.</param>
/// <param name="set">Sets it.</param>
internal sealed class CommandListSetting(
    string key,
    string about,
    bool blocks,
    Func<AgentOptions, IReadOnlyList<string>> get,
    Func<AgentOptions, IReadOnlyList<string>, AgentOptions> set)
    : Setting(General, key, about)
{
    internal bool Blocks => blocks;

    internal override AgentOptions Read(AgentOptions options, KeyFile file, SettingSource source)
    {
        IEnumerable<string> names = blocks
            ? Lines(Key).Concat(OldKey is null ? [] : Lines(OldKey))
            : Names(file.GetString(Group, Key) ?? "", $"{Key} of [{Group}] in {source.File}", source);
        return set(options, [.. names.Reverse()]);

        IEnumerable<string> Lines(string name) =>
            file.GetStrings(Group, name).SelectMany(text => Names(text, $"{name} of [{Group}] in {source.File}", source));
    }

    internal override AgentOptions Apply(AgentOptions options, string? argument, SettingSource source) =>
        set(options, [.. get(options), .. Names(argument!, $"option --{Key}", source).Reverse()]);

    internal override string? ValueIn(AgentOptions options) => string.Join(',', get(options));

    private IReadOnlyList<string> Names(string text, string origin, SettingSource source) =>
        blocks ? source.Lists.Blocked(text, origin) : source.Lists.Allowed(text, origin);
}

/// <summary>One of our own settings.</summary>
/// <param name="key">The key.</param>
/// <param name="about">What it is.</param>
/// <param name="expected">What its value has to be, for the error.</param>
/// <param name="read">Gives the options with a value; null if it is none.</param>
/// <param name="write">Gives the value.</param>
internal sealed class OwnSetting(
    string key, string about, string expected, Func<AgentOptions, string, AgentOptions?> read, Func<AgentOptions, string> write)
    : Setting(Own, key, about)
{
    internal override AgentOptions Read(AgentOptions options, KeyFile file, SettingSource source)
    {
        if (file.GetString(Group, Key) is not { } text)
            return options;
        return read(options, text)
            ?? throw new KeyFileException($"key “{Key}” of group “{Group}” has the value “{text}”, expected: {expected}");
    }

    internal override string? ValueIn(AgentOptions options) => write(options);
}
