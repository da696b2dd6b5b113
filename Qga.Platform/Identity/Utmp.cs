using System.Buffers.Binary;
using Qga.Platform.Native;

namespace Qga.Platform.Identity;

/// <summary>The logins in a utmp file, see utmp(5): records of <c>struct utmp</c> as glibc has it.</summary>
internal static class Utmp
{
    internal const int UserOffset = 44;
    internal const int UserSize = 32;
    internal const short UserProcess = 7;

    /// <summary>How many are read at once: members of a group may write the file, and make it as long as they like.</summary>
    private const int BlockLength = 128;

    internal static int RecordSize => ArchitectureNumbers.Own.LoginRecordSize;

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
            var block = new byte[BlockLength * RecordSize];
            var count = 0;
            while (errno == Errno.Success && (errno = LibC.Read(file, block.AsSpan(count), out var read)) == Errno.Success && read > 0)
            {
                count += read;
                var start = 0;
                for (; start + RecordSize <= count; start += RecordSize)
                {
                    if (BinaryPrimitives.ReadInt16LittleEndian(block.AsSpan(start)) == UserProcess)
                        yield return ParseLogin(block.AsSpan(start, RecordSize));
                }

                block.AsSpan(start, count - start).CopyTo(block);
                count -= start;
            }

            SystemCallException.ThrowIfFailed(errno, $"failed to read {path}");
        }
    }

    private static LoggedInUser ParseLogin(ReadOnlySpan<byte> record)
    {
        // A name of full length has no NUL at its end. The lower 32 bits of the seconds, without a sign, last until 2106.
        var user = record.Slice(UserOffset, UserSize);
        var end = user.IndexOf((byte)0);
        return new LoggedInUser(
            KernelPath.Decode(end < 0 ? user : user[..end]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[ArchitectureNumbers.Own.LoginSecondsOffset..])
            + BinaryPrimitives.ReadInt32LittleEndian(record[ArchitectureNumbers.Own.LoginMicrosecondsOffset..]) / 1e6);
    }
}
