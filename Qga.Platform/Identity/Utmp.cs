using System.Buffers.Binary;
using Qga.Platform.Proc;

namespace Qga.Platform.Identity;

/// <summary>The logins in a utmp file, see utmp(5): records of <c>struct utmp</c> as x86-64 has it.</summary>
internal static class Utmp
{
    internal const int RecordSize = 384;
    internal const int UserOffset = 44;
    internal const int UserSize = 32;
    internal const int SecondsOffset = 340;
    internal const int MicrosecondsOffset = 344;
    internal const short UserProcess = 7;

    /// <summary>Reads the logins in their order; half a record at the end is being written just now, and not counted.</summary>
    public static IEnumerable<LoggedInUser> Parse(byte[] records)
    {
        for (var start = 0; start + RecordSize <= records.Length; start += RecordSize)
        {
            if (BinaryPrimitives.ReadInt16LittleEndian(records.AsSpan(start)) == UserProcess)
                yield return ParseLogin(records.AsSpan(start, RecordSize));
        }
    }

    private static LoggedInUser ParseLogin(ReadOnlySpan<byte> record)
    {
        // A name of full length has no NUL at its end. Seconds of 32 bits without a sign last until 2106.
        var user = record.Slice(UserOffset, UserSize);
        var end = user.IndexOf((byte)0);
        return new LoggedInUser(
            KernelPath.Decode(end < 0 ? user : user[..end]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[SecondsOffset..])
            + BinaryPrimitives.ReadInt32LittleEndian(record[MicrosecondsOffset..]) / 1e6);
    }
}
