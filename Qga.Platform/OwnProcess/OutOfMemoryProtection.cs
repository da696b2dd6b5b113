using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>Keeps the kernel from ending this process when the guest has run out of memory; proc(5), oom_score_adj.</summary>
internal sealed class OutOfMemoryProtection : IDisposable
{
    private readonly SafeFileHandle _score;
    private readonly byte[] _before;

    internal OutOfMemoryProtection()
    {
        _ = LibC.Open("/proc/self/oom_score_adj", LibC.O_RDWR, out _score);
        Span<byte> before = stackalloc byte[16];
        var length = 0;
        IsGranted = !_score.IsInvalid
            && LibC.Read(_score, before, out length) == Errno.Success
            && LibC.WriteAll(_score, "-1000"u8) == Errno.Success;
        _before = before[..length].ToArray();
    }

    internal bool IsGranted { get; }

    /// <summary>Ends the protection, which our children would have too.</summary>
    public void Dispose()
    {
        if (IsGranted)
            _ = LibC.WriteAll(_score, _before);
        _score.Dispose();
    }
}
