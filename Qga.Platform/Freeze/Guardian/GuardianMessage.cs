using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>
/// What the agent and its guardian tell each other. The numbers stay: after an upgrade, an agent may find the guardian of the version before.
/// </summary>
internal enum GuardianMessageKind
{
    /// <summary>From the guardian: it is ready; the value is a <see cref="GuardianLack"/>.</summary>
    Ready = 1,

    /// <summary>From the agent: thaw at this boot time, in ticks.</summary>
    Arm = 2,

    /// <summary>From the guardian, as the answer, and to each new agent: it will thaw at this boot time, in ticks.</summary>
    Armed = 3,

    /// <summary>From the agent, who knows now that the guardian is armed: outlive me.</summary>
    Outlive = 7,

    /// <summary>From the agent: thaw the filesystem on this device.</summary>
    Thaw = 8,

    /// <summary>From the guardian: the filesystem on this device was frozen, and is not any more.</summary>
    WasFrozen = 9,

    /// <summary>From the guardian: the filesystem on this device was not frozen.</summary>
    WasNotFrozen = 10,

    /// <summary>From the guardian: the filesystem on this device is not in its hands, or does not answer.</summary>
    NotThawed = 11,

    /// <summary>From the agent: nothing is frozen, so end when I leave.</summary>
    Disarm = 4,

    /// <summary>From the agent: thaw now, and end.</summary>
    Dismiss = 5,

    /// <summary>From the guardian, its last word: it has thawed this many filesystems.</summary>
    Thawed = 6,

    /// <summary>From the agent: the frozen marker of this freeze has this inode. From the guardian, as the answer: it holds that.</summary>
    Marked = 12,

    /// <summary>From the agent: it freezes nothing more.</summary>
    Froze = 13,
}

/// <summary>What a guardian does without; it guards all the same.</summary>
[Flags]
internal enum GuardianLack
{
    None = 0,
    LockedMemory = 1,
    OutOfMemoryProtection = 2,
    Address = 4,
}

/// <summary>One message on the socket between the agent and its guardian. Nothing here allocates.</summary>
internal readonly record struct GuardianMessage(GuardianMessageKind Kind, long Value = 0)
{
    internal const int Size = sizeof(int) + sizeof(long);

    /// <summary>Null for what is no message.</summary>
    internal static GuardianMessage? Parse(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new GuardianMessage(
            (GuardianMessageKind)BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[sizeof(int)..]))
        : null;

    /// <summary>Takes the next message; one that is none has a kind that nobody knows.</summary>
    /// <returns>False at the end, and when there is nothing.</returns>
    internal static bool TryReceive(SafeFileHandle connection, out GuardianMessage message)
    {
        Span<byte> bytes = stackalloc byte[Size];
        _ = LibC.Read(connection, bytes, out var count);
        message = Parse(bytes[..count]) ?? default;
        return count > 0;
    }

    internal Errno Send(SafeFileHandle connection)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)Kind);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[sizeof(int)..], Value);
        return LibC.Write(connection, bytes, out _);
    }
}
