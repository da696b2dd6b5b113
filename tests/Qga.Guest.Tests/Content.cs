namespace Qga.Guest.Tests;

/// <summary>Bytes for a file, the same in every run, of every value.</summary>
internal static class Content
{
    public static byte[] Of(int length)
    {
        var bytes = new byte[length];
        var state = 2463534242u;                                // xorshift
        for (var index = 0; index < length; index++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            bytes[index] = (byte)state;
        }

        return bytes;
    }
}
