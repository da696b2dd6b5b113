using System.IO.Pipes;
using Qga.Platform.OwnProcess;

namespace Qga.Platform.Tests.OwnProcess;

public sealed class DaemonStatusTests
{
    private const string Variable = "QGA_DAEMON_STATUS";

    [Fact]
    public void Launcher_reads_one_byte_when_the_daemon_is_ready()
    {
        using var launcher = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var descriptor = launcher.ClientSafePipeHandle.DangerousGetHandle();
        launcher.ClientSafePipeHandle.SetHandleAsInvalid();
        Environment.SetEnvironmentVariable(Variable, $"{descriptor} 42");

        using var status = DaemonStatus.FromEnvironment();

        Assert.Equal(42, status!.Launcher);
        Assert.Null(Environment.GetEnvironmentVariable(Variable));
        status.Ready();
        Assert.Equal(0, launcher.ReadByte());
        Assert.Equal(-1, launcher.ReadByte());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("x 42")]
    [InlineData("1048575 42")]
    public void Without_a_launcher_there_is_nobody_to_tell(string? value)
    {
        Environment.SetEnvironmentVariable(Variable, value);

        Assert.Null(DaemonStatus.FromEnvironment());
        Assert.Null(Environment.GetEnvironmentVariable(Variable));
    }
}
