using Qga.Ctl;
using Qga.Ctl.Interruption;
using Qga.Ctl.Native;
using Qga.Ctl.Output;

LibC.OpenStandardStreams();
using var signals = Signals.Take();
return await Tool.RunAsync(args, ToolStreams.OfProcess(), signals);
