using Qga.Host.CommandLine;
using Qga.Platform.Diagnosis;
using Qga.Platform.Freeze;
using Qga.Platform.Trust;

namespace Qga.Host.Check;

/// <summary>Whether the freeze hook would run, and could be trusted to run as root.</summary>
internal static class HookCheck
{
    private const string Subject = "hook";

    internal static IEnumerable<Finding> Run(AgentOptions options)
    {
        if (options.FsFreezeHook is not { } hook)
            return [new Finding(Severity.Ok, Subject, "no hook is configured: applications are not told of a freeze")];
        if (!hook.StartsWith('/'))
            return [new Finding(Severity.Error, Subject, $"{hook} is no absolute path: what is run depends on the agent's PATH and directory")];
        if (FreezeHook.IsNone(hook))
            return [new Finding(Severity.Ok, Subject, $"{hook} leads to {Settings.NoHook}: no hook runs")];
        if (FileTrust.IsDirectory(hook))
            return [new Finding(Severity.Error, Subject, $"{hook} is a directory: every freeze is refused")];
        if (!FileTrust.Exists(hook))
            return [new Finding(Severity.Error, Subject, $"{hook} does not exist: every freeze is refused")];
        return
        [
            Of(hook, "every freeze is refused", Severity.Error),
            .. HookDirectory.Members(hook).Select(file => Of(file, "it is passed over", Severity.Warning)),
        ];
    }

    private static Finding Of(string program, string consequence, Severity severity)
    {
        if (FileTrust.Weakness(program) is { } weakness)
            return new Finding(Severity.Error, Subject, $"{program} must not run as root: {weakness}");
        return FileTrust.IsExecutable(program)
            ? new Finding(Severity.Ok, Subject, $"{program} can run")
            : new Finding(severity, Subject, $"{program} is not executable: {consequence}");
    }
}
