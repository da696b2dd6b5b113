using Qga.Actors;
using Qga.Host;
using Qga.Host.CommandLine;
using Qga.Host.Freeze;
using Qga.Host.Subcommands;
using Qga.Platform;
using Qga.Platform.Freeze.Guardian;
using Qga.Platform.OwnProcess;
using Qga.Platform.Processes;
using Qga.Platform.Processes.Keeper;

if (FreezeGuardianProcess.IsRequested)
    return FreezeGuardianProcess.Run(args);

if (ProgramKeeperProcess.IsRequested)
{
    using var memory = new MemoryTrim();
    return ProgramKeeperProcess.Run(args, memory.Active);
}

if (ProgramLauncher.IsRequested)
    return ProgramLauncher.Run(args);

var programName = Environment.GetCommandLineArgs()[0];
var daemon = DaemonStatus.FromEnvironment();
if (Subcommand.Of(args) is { } subcommand)
    return subcommand.Run(Loader(), StandardStream.Output, StandardStream.Error);

var decision = Loader().Load(args, daemon?.Launcher);
if (decision is StartupDecision.Exit { Failure: { } failure } && FrozenStart.TryMake(Loader(), args, daemon?.Launcher, failure) is { } start)
    decision = start;
return decision switch
{
    StartupDecision.Serve { Options.Daemonize: true } when daemon is null => Launch(),
    StartupDecision.Serve run => new AgentStart(run, () => Loader().Read(args), Path.GetFileName(programName), daemon).Run(),
    StartupDecision.Exit exit => exit.Code,
    _ => throw new InvalidOperationException("unreachable"),
};

OptionsLoader Loader() => new(
    programName,
    [.. GuestCommands.Catalog.All.Select(spec => spec.Name)],
    StandardStream.Output,
    StandardStream.Error,
    Environment.GetEnvironmentVariable);

static int Launch()
{
    try
    {
        return DaemonLauncher.Launch();
    }
    catch (Exception failure) when (failure is PlatformException or IOException)
    {
        StandardStream.Error.WriteLine(failure.Message);
        return ExitCode.Failure;
    }
}
