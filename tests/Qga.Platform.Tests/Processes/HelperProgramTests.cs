using System.Text;
using Qga.Platform.Processes;

namespace Qga.Platform.Tests.Processes;

public sealed class HelperProgramTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("exit 0", null)]
    [InlineData("exit 3", "child process has failed to dance: exit status 3")]
    [InlineData("echo no music; echo no floor >&2; exit 1", "child process has failed to dance: no music\nno floor\n")]
    [InlineData("kill -9 $$", "child process has terminated abnormally")]
    [InlineData("echo oh; kill -9 $$", "child process has terminated abnormally: oh\n")]
    public void Failure_is_told_as_qemu_ga_does(string script, string? failure) =>
        Assert.Equal(failure, HelperProgram.Run("sh", ["-c", script], Patience).Failure("dance"));

    [Fact]
    public void Program_that_is_not_there_has_failed()
    {
        var result = HelperProgram.Run("/no/such", ["x"], Patience);
        Assert.Equal((1, "failed to exec '/no/such': No such file or directory\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public void Program_that_takes_too_long_is_ended()
    {
        var result = HelperProgram.Run("sh", ["-c", "echo begun; sleep 1000"], TimeSpan.FromMilliseconds(300));
        Assert.Equal("child process has not finished in time to dance: begun\n", result.Failure("dance"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5_000_000)]
    public void Program_reads_what_it_is_given_to_the_end(int size)
    {
        var input = new byte[size];
        Array.Fill(input, (byte)'x');
        Assert.Equal($"{size}\n", HelperProgram.Run("wc", ["-c"], Patience, input).Output);
    }

    [Fact]
    public void Program_need_not_read_what_it_is_given()
    {
        Assert.Equal("done\n", HelperProgram.Run("sh", ["-c", "exec <&-; echo done"], Patience, new byte[1 << 20]).Output);
        Assert.Equal("ab\n", HelperProgram.Run("head", ["-n1"], Patience, Encoding.ASCII.GetBytes("ab\n" + new string('c', 1 << 20))).Output);
    }

    [Fact]
    public void Without_input_there_is_none() => Assert.Equal("0\n", HelperProgram.Run("wc", ["-c"], Patience).Output);
}
