using System.Buffers.Binary;
using System.Text;
using Qga.Platform.Identity;
using Qga.Platform.Native;

namespace Qga.Platform.Tests.Identity;

/// <summary>Records of a utmp file.</summary>
internal static class UtmpFile
{
    internal const short BootTime = 2;
    internal const short UserProcess = 7;
    internal const short DeadProcess = 8;

    internal static byte[] Record(string user, uint seconds, int microseconds = 0, short type = UserProcess) =>
        Record(ArchitectureNumbers.Own, user, seconds, microseconds, type);

    /// <summary>One as it is with musl on every architecture.</summary>
    internal static byte[] RecordOfMusl(string user, uint seconds, int microseconds = 0, short type = UserProcess) =>
        Record(ArchitectureNumbers.Arm64, user, seconds, microseconds, type);

    private static byte[] Record(ArchitectureNumbers layout, string user, uint seconds, int microseconds, short type)
    {
        var record = new byte[layout.LoginRecordSize];
        BinaryPrimitives.WriteInt16LittleEndian(record, type);
        Encoding.Latin1.GetBytes(user).CopyTo(record, Utmp.UserOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(layout.LoginSecondsOffset), seconds);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(layout.LoginMicrosecondsOffset), microseconds);
        return record;
    }
}
