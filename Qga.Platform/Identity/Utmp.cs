using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Identity;

/// <summary>
/// The logins in a utmp file, see utmp(5): records of <c>struct utmpx</c> as the guest's C library has it, which need not be ours. On x86-64 glibc's
/// are shorter than those of musl, which has on every architecture what glibc has on arm64.
/// </summary>
internal static class Utmp
{
    internal const int UserOffset = 44;
    internal const int UserSize = 32;
    internal const short UserProcess = 7;
    private const short LastType = 9;

    /// <summary>How much is read at once, in bytes: members of a group may write the file, and make it as long as they like.</summary>
    private const int BlockLength = 64 * 1024;

    /// <summary>
    /// Reads the logins in their order, of which there are none without the file; half a record at the end is being written just now,
    /// and not counted.
    /// </summary>
    /// <param name="root">What goes before the path.</param>
    /// <param name="path">The file, as an error names it.</param>
    /// <exception cref="PlatformException">It is there, but can't be read.</exception>
    public static IEnumerable<LoggedInUser> Read(string root, string path)
    {
        var errno = LibC.Open(root + path, LibC.O_RDONLY, out var file);
        using (file)
        {
            if (errno == Errno.ENOENT)
                yield break;
            var block = new byte[BlockLength];
            var count = 0;
            ArchitectureNumbers? known = null;
            while (errno == Errno.Success && (errno = LibC.Read(file, block.AsSpan(count), out var read)) == Errno.Success && read > 0)
            {
                count += read;
                var record = known ??= RecordOf(file, block.AsSpan(0, count));
                var start = 0;
                for (; start + record.LoginRecordSize <= count; start += record.LoginRecordSize)
                {
                    if (TypeAt(block, start) == UserProcess)
                        yield return ParseLogin(block.AsSpan(start, record.LoginRecordSize), record);
                }

                block.AsSpan(start, count - start).CopyTo(block);
                count -= start;
            }

            SystemCallException.ThrowIfFailed(errno, $"failed to read {path}");
        }
    }

    /// <summary>Which records the file is made of, by its length and, if that fits more than one, by what begins as a record.</summary>
    private static ArchitectureNumbers RecordOf(SafeFileHandle file, ReadOnlySpan<byte> beginning)
    {
        var (own, other) = (ArchitectureNumbers.Own, ArchitectureNumbers.Arm64);
        if (LibC.Status(file, out var status) != Errno.Success || status.Size % other.LoginRecordSize != 0)
            return own;
        return status.Size % own.LoginRecordSize != 0 || RecordsIn(beginning, other.LoginRecordSize) > RecordsIn(beginning, own.LoginRecordSize)
            ? other
            : own;
    }

    private static int RecordsIn(ReadOnlySpan<byte> block, int size)
    {
        var records = 0;
        for (var start = 0; start + size <= block.Length; start += size)
            records += TypeAt(block, start) is > 0 and <= LastType ? 1 : 0;
        return records;
    }

    private static short TypeAt(ReadOnlySpan<byte> block, int start) => BinaryPrimitives.ReadInt16LittleEndian(block[start..]);

    private static LoggedInUser ParseLogin(ReadOnlySpan<byte> record, ArchitectureNumbers layout)
    {
        // A name of full length has no NUL at its end. The lower 32 bits of the seconds, without a sign, last until 2106.
        var user = record.Slice(UserOffset, UserSize);
        var end = user.IndexOf((byte)0);
        return new LoggedInUser(
            KernelPath.Decode(end < 0 ? user : user[..end]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[layout.LoginSecondsOffset..])
            + BinaryPrimitives.ReadInt32LittleEndian(record[layout.LoginMicrosecondsOffset..]) / 1e6);
    }
}
