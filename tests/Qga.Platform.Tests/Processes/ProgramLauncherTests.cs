using System.Text;
using Qga.Platform.Processes;

namespace Qga.Platform.Tests.Processes;

public class ProgramLauncherTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("A=1\0LD_PRELOAD=/x\0", "+A=1\0+LD_PRELOAD=/x\0")]
    [InlineData("+A=+\0\0=\0", "++A=+\0+\0+=\0")]
    public void Environment_that_is_concealed_is_revealed_as_it_was(string environment, string concealed)
    {
        var bytes = ProgramLauncher.Conceal(Encoding.ASCII.GetBytes(environment));

        Assert.Equal(concealed, Encoding.ASCII.GetString(bytes));
        Assert.Equal(environment, Encoding.ASCII.GetString(ProgramLauncher.Reveal(bytes)));
    }

    [Fact]
    public void What_was_not_concealed_is_not_the_programs() =>
        Assert.Equal("A=1\0", Encoding.ASCII.GetString(ProgramLauncher.Reveal("X=1\0+A=1\0"u8)));
}
