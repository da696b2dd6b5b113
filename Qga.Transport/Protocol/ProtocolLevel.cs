namespace Qga.Transport.Protocol;

/// <summary>The release of qemu-ga whose protocol we speak.</summary>
public static class ProtocolLevel
{
    public const string Version = "11.1.0";
}
