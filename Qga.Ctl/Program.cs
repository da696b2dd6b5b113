using Qga.Ctl;
using Qga.Ctl.Interruption;
using Qga.Ctl.Output;

using var signals = Signals.Take();
return await Tool.RunAsync(args, ToolStreams.OfProcess(), signals);
