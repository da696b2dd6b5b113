using CsCheck;
using Qga.Testing;
using Qga.Transport.Protocol;

namespace Qga.Transport.Tests.Protocol;

public class DoubleTextTests
{
    private const string Printer = """
        #include <inttypes.h>
        #include <stdio.h>
        #include <string.h>

        int main(int count, char **arguments)
        {
            FILE *input = fopen(arguments[1], "r");
            uint64_t bits;
            double value;
            while (fscanf(input, "%" SCNx64, &bits) == 1) {
                memcpy(&value, &bits, sizeof value);
                printf("%.17g\n", value);
            }
            return 0;
        }
        """;

    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(1.0, "1")]
    [InlineData(-1.5, "-1.5")]
    [InlineData(0.1, "0.10000000000000001")]
    [InlineData(100.0, "100")]
    [InlineData(1e16, "10000000000000000")]
    [InlineData(1e17, "1e+17")]
    [InlineData(1.5e300, "1.5000000000000001e+300")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1.0000000000000001e-05")]
    [InlineData(double.Epsilon, "4.9406564584124654e-324")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    [InlineData(double.NaN, "nan")]
    public void Double_has_the_form_of_printf(double value, string text) => Assert.Equal(text, DoubleText.Of(value));

    [CompilerFact]
    public void Any_double_is_written_as_the_c_library_does()
    {
        var decimals = from digits in Gen.Long[-999_999, 999_999] from scale in Gen.Int[-25, 25] select digits * Math.Pow(10, scale);
        var values = Gen.OneOf(Gen.Double, Gen.Double.Unit, decimals).Where(value => !double.IsNaN(value)).Array[20_000].Single();

        var printed = CProgram.OutputOf(Printer, string.Join('\n', values.Select(value => BitConverter.DoubleToInt64Bits(value).ToString("x"))));

        Assert.Equal(printed.TrimEnd().Split('\n'), values.Select(DoubleText.Of));
    }
}
