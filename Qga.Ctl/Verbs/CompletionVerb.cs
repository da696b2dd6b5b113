using Newtonsoft.Json.Linq;
using Qga.Ctl.CommandLine;

namespace Qga.Ctl.Verbs;

/// <summary>Prints what has a shell complete the tool's words.</summary>
internal sealed class CompletionVerb : IVerb
{
    public string Name => "completion";

    public string Summary => "Print what has bash complete the words of this tool.";

    public string Synopsis => "bash";

    public string Description => """
        The package has it in place. Elsewhere: source <(qgactl completion bash)
        """;

    public Task<int> RunAsync(CommandWords words, VerbContext context)
    {
        if (words.All is not ["bash"])
            throw new UsageException($"what is needed is {Synopsis}");
        if (context.IsJson)
            context.Print(new JObject { ["bash"] = Bash() });
        else
            context.Out.Write(Bash());
        return Task.FromResult(ExitCode.Success);
    }

    /// <remarks>
    /// Guests are asked for by <c>ls --names</c>, which asks no agent. Their names are words of others: nothing may expand them (compgen -W does),
    /// and they are quoted for the line that root is about to run.
    /// </remarks>
    private static string Bash() => $$"""
        # bash completion of qgactl, printed by 'qgactl completion bash'.
        # Adds the lines of the input that begin with the word, each with the suffix.
        _qgactl_add() {
            local name quoted
            while IFS= read -r name; do
                printf -v quoted %q "$name"
                if [[ $word == [\"\']* ]]; then
                    [[ $quoted != "$name" || $name != "${word:1}"* ]] || COMPREPLY+=("$name$1")
                elif [[ $name == "$word"* || $quoted == "$word"* ]]; then
                    COMPREPLY+=("$quoted$1")
                fi
            done
        }
        _qgactl() {
            local word=${COMP_WORDS[COMP_CWORD]} verb='' index behind options
            COMPREPLY=()
            for ((index = 1; index < COMP_CWORD; index++)); do
                case ${COMP_WORDS[index]} in
                    -t | --timeout | -c | --connect) ((index++)) ;;
                    -*) ;;
                    *) verb=${COMP_WORDS[index]}; break ;;
                esac
            done
            case $verb in
                '' | help) mapfile -t COMPREPLY < <(compgen -W '{{Verbs}} help {{Options(Option.Common)}} --version' -- "$word"); return ;;
        {{string.Concat(VerbList.All.Select(OptionsOf))}}
                *) return ;;
            esac
            for ((behind = index + 1; behind < COMP_CWORD; behind++)); do
                [[ ${COMP_WORDS[behind]} != -- ]] || return 0
            done
            if [[ $word == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
            elif [[ $verb == completion ]]; then
                mapfile -t COMPREPLY < <(compgen -W bash -- "$word")
            elif [[ $verb == cp ]]; then
                # Where no guest is meant, files are for readline to complete.
                _qgactl_add : < <(qgactl ls --names 2> /dev/null)
                if ((${#COMPREPLY[@]} > 0)); then
                    compopt -o nospace
                    _qgactl_add '' < <(compgen -f -- "$word")
                fi
            elif [[ $verb != call && $verb != exec ]] || ((index + 1 == COMP_CWORD)); then
                _qgactl_add '' < <(qgactl ls --names 2> /dev/null)
            fi
        }
        complete -o default -F _qgactl qgactl

        """;

    private static string Verbs => Words(VerbList.All.Select(verb => verb.Name));

    private static string OptionsOf(IVerb verb) => $"        {verb.Name}) options='{Options([.. verb.Options, .. Option.Common])}' ;;\n";

    private static string Options(IEnumerable<Option> options) => Words(options.Select(option => $"--{option.Name}"));

    private static string Words(IEnumerable<string> words) => string.Join(' ', words);
}
