using Qga.Ctl;
using Qga.Ctl.Groups;
using Qga.Ctl.Interruption;
using Qga.Ctl.Output;

if (args is [WatcherProcess.Word])
    return await WatcherProcess.RunAsync();
using var signals = Signals.Take();
return await Tool.RunAsync(args, ToolStreams.OfProcess(), signals);
