using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>
/// Whether a crash of this process leaves a core. While the guest is frozen it must not: the kernel would wait with writing it, and the
/// process could neither be killed nor replaced until the thaw. Forbidden and allowed by one thread at a time.
/// </summary>
public static class CoreDumps
{
    private static volatile Setting? _before;

    /// <summary>A crash leaves none, be it a file or for a program, which the limit alone doesn't keep from it (core(5)).</summary>
    public static void Forbid()
    {
        if (_before is not null || LibC.GetLimit(0, LibC.RLIMIT_CORE, out var limit) != Errno.Success)
            return;
        _before = new Setting(limit, LibC.IsDumpable);
        LibC.IsDumpable = false;
        _ = LibC.SetLimit(0, LibC.RLIMIT_CORE, limit with { Soft = 0 });
    }

    /// <summary>A crash leaves one again, if it did before.</summary>
    public static void Allow()
    {
        if (_before is not { } before)
            return;
        _before = null;
        _ = LibC.SetLimit(0, LibC.RLIMIT_CORE, before.Limit);
        if (before.IsDumpable)
            LibC.IsDumpable = true;
    }

    /// <summary>Gives a child, which has inherited our limit, the one that it would have otherwise. The rest ends with its exec.</summary>
    internal static void AllowIn(int child)
    {
        if (_before is { } before)
            _ = LibC.SetLimit(child, LibC.RLIMIT_CORE, before.Limit);
    }

    private sealed record Setting(LibC.ResourceLimit Limit, bool IsDumpable);
}
