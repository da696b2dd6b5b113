using System.Buffers.Text;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Power;

/// <summary>
/// Process 1 as busybox sees it, which brings a machine down by sending it a signal, and never learns what becomes of that. In a
/// container it need not be an init at all.
/// </summary>
internal sealed class InitProcess(string root)
{
    /// <summary>What speaks against sending it the signal; null if nothing does.</summary>
    public string? Objection(int signal)
    {
        if (Environment.ProcessId == 1)
            return "that is the agent itself";
        if (KernelFile.Read($"{root}/proc/1/status", out var status) != Errno.Success)
            return null;

        // An init may also take its signals from a descriptor, and blocks them then (signalfd(2)).
        ulong heard = 0;
        for (ReadOnlySpan<byte> text = status; !text.IsEmpty;)
        {
            var line = Fields.NextLine(ref text);
            var name = Fields.Next(ref line);
            if ((name.SequenceEqual("SigCgt:"u8) || name.SequenceEqual("SigBlk:"u8))
                && Utf8Parser.TryParse(Fields.Next(ref line), out ulong mask, out _, 'x'))
            {
                heard |= mask;
            }
        }

        return (heard >> (signal - 1) & 1) == 0 ? $"that is no init, but {KernelFile.TryRead($"{root}/proc/1/comm") ?? "something else"}" : null;
    }
}
