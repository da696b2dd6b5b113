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

var commandLine = Invocation.CommandLine();
var (programName, arguments) = (commandLine[0], commandLine[1..]);
if (FreezeGuardianProcess.IsRequested)
    return FreezeGuardianProcess.Run(arguments);

if (ProgramKeeperProcess.IsRequested)
{
    using var memory = new MemoryTrim();
    return ProgramKeeperProcess.Run(arguments, memory.Active);
}

if (ProgramLauncher.IsRequested)
    return ProgramLauncher.Run(arguments);

var daemon = DaemonStatus.FromEnvironment();
if (Subcommand.Of(arguments) is { } subcommand)
    return subcommand.Run(Loader(), StandardStream.Output, StandardStream.Error);

var decision = Loader().Load(arguments, daemon?.Launcher);
if (decision is StartupDecision.Exit { Failure: { } failure } && FrozenStart.TryMake(Loader(), arguments, daemon?.Launcher, failure) is { } start)
    decision = start;
return decision switch
{
    StartupDecision.Serve { Options.Daemonize: true } when daemon is null => Launch(),
    StartupDecision.Serve run => new AgentStart(run, () => Loader().Read(arguments), Path.GetFileName(programName), daemon).Run(),
    StartupDecision.Exit exit => exit.Code,
    _ => throw new InvalidOperationException("unreachable"),
};

OptionsLoader Loader() => new(
    programName,
    [.. GuestCommands.Catalog.All.Select(spec => spec.Name)],
    StandardStream.Output,
    StandardStream.Error,
    Invocation.Variable);

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
