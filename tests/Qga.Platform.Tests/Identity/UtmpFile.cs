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

    internal static byte[] Record(string user, uint seconds, int microseconds = 0, short type = UserProcess)
    {
        var record = new byte[Utmp.RecordSize];
        BinaryPrimitives.WriteInt16LittleEndian(record, type);
        Encoding.Latin1.GetBytes(user).CopyTo(record, Utmp.UserOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(ArchitectureNumbers.Own.LoginSecondsOffset), seconds);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(ArchitectureNumbers.Own.LoginMicrosecondsOffset), microseconds);
        return record;
    }
}
