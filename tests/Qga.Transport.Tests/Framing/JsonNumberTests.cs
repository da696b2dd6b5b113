using Newtonsoft.Json.Linq;
using Qga.Transport.Framing;

namespace Qga.Transport.Tests.Framing;

public class JsonNumberTests
{
    public static TheoryData<string, object> Numbers => new()
    {
        { "0", 0L },
        { "-0", 0L },
        { "-1", -1L },
        { "9223372036854775807", long.MaxValue },
        { "9223372036854775808", 9223372036854775808UL },
        { "18446744073709551615", ulong.MaxValue },
        { "18446744073709551616", 18446744073709551616d },
        { "-9223372036854775808", long.MinValue },
        { "-9223372036854775809", -9223372036854775809d },
        { "1.0", 1d },
        { "-0.0", -0d },
        { "0.1", 0.1 },
        { "1e3", 1000d },
        { "1E+3", 1000d },
        { "25e-2", 0.25 },
        { "1e400", double.PositiveInfinity },
        { "-1e400", double.NegativeInfinity },
        { "1e-400", 0d },
        { "0.0e99999999999999999999", 0d },
        { "1e99999999999999999999", double.PositiveInfinity },
        { "1e-99999999999999999999", 0d },
        { "2.4703282292062327208e-324", 0d },
        { "2.4703282292062327209e-324", 5e-324 },
        { "9007199254740993", 9007199254740993L },
        { "9007199254740993.0", 9007199254740992d },
        { new string('9', 400), double.PositiveInfinity },
        { "0." + new string('3', 2000), 1 / 3d },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Number_takes_the_first_type_that_fits(string token, object value)
    {
        var message = Assert.Single(new JsonMessageReader().ReadAll(token + "\n"));
        Assert.Equal(value, ((JValue)message.Value!).Value);
        if (value is double number)
            Assert.Equal(BitConverter.DoubleToInt64Bits(number), BitConverter.DoubleToInt64Bits((double)message.Value));
    }
}
