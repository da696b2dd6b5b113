using Qga.Actors.Commands;
using Qga.Host;
using Qga.Host.CommandLine;
using Qga.Platform.Processes;

var programName = Environment.GetCommandLineArgs()[0];
var daemon = DaemonStatus.FromEnvironment();
var loader = new OptionsLoader(
    programName,
    [.. GuestCommands.Catalog.All.Select(spec => spec.Name)],
    StandardStream.Output,
    StandardStream.Error,
    Environment.GetEnvironmentVariable);

return loader.Load(args, daemon?.Launcher) switch
{
    StartupDecision.Run { Options.Daemonize: true } when daemon is null => DaemonLauncher.Launch(),
    StartupDecision.Run run => new AgentProcess(run.Options, run.Warnings, Path.GetFileName(programName), daemon).Run(),
    StartupDecision.Exit exit => exit.Code,
    _ => throw new InvalidOperationException("unreachable"),
};
