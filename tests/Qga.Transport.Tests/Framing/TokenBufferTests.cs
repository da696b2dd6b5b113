using Qga.Transport.Framing;
using Qga.Transport.Protocol;

namespace Qga.Transport.Tests.Framing;

public class TokenBufferTests
{
    [Fact]
    public void Parts_are_gathered_in_order()
    {
        var buffer = new TokenBuffer(maxLength: 1 << 20);
        for (var part = 0; part < 1000; part++)
            buffer.Append([(byte)part, (byte)(part >> 8), 0, 0, 0, 0, 0, 0]);

        Assert.Equal(8000, buffer.Length);
        for (var part = 0; part < 1000; part++)
            Assert.Equal(part, buffer.Bytes[8 * part] | (buffer.Bytes[(8 * part) + 1] << 8));
    }

    [Fact]
    public void Large_array_is_given_back_and_a_small_one_kept()
    {
        var buffer = new TokenBuffer(maxLength: 1 << 20);
        buffer.Append(new byte[100]);
        buffer.Clear();
        Assert.NotEqual(0, buffer.Capacity);

        var small = buffer.Capacity;
        buffer.Append(new byte[100_000]);
        Assert.NotEqual(small, buffer.Capacity);
        buffer.Clear();
        Assert.Equal(small, buffer.Capacity);
    }

    [Fact]
    public void Large_token_is_given_away_if_it_takes_a_good_part_of_its_memory()
    {
        var buffer = new TokenBuffer(maxLength: 1 << 20);
        buffer.Append("small"u8);
        Assert.Null(buffer.TakeAway());

        buffer.Clear();
        var token = Enumerable.Range(0, 300_000).Select(number => (byte)number).ToArray();
        buffer.Append(token);
        var taken = buffer.TakeAway()!;
        Assert.True(taken.Memory.Span.SequenceEqual(token));

        buffer.Append(new byte[300_000]);
        Assert.True(taken.Memory.Span.SequenceEqual(token));
    }

    [Fact]
    public void Capacity_ends_at_the_longest_token()
    {
        TransferBuffer.Rent(2_000_000).Dispose();       // may be had again
        var buffer = new TokenBuffer(maxLength: 1_000_000);
        for (var count = 0; count < 10; count++)
            buffer.Append(new byte[100_000]);
        Assert.Equal(1_000_000, buffer.Capacity);
    }
}
