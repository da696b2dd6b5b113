using Qga.Ctl;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Groups;
using Qga.Ctl.Interruption;
using Qga.Ctl.Native;
using Qga.Ctl.Output;
using Qga.Host.Hosting;

LibC.OpenStandardStreams();
if (args is [WatcherProcess.Word])
    return await WatcherProcess.RunAsync();
NoAppConfiguration.Install();
using var signals = Signals.Take();
return await Tool.RunAsync(args, ToolStreams.OfProcess(), signals, RawWords.FirstThatIsNoText(args));
