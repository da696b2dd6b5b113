using Qga.Testing;

namespace Qga.Host.Tests.Life;

/// <summary>What a service manager is to start again, and what not: <c>RestartPreventExitStatus=64 78</c> of the units.</summary>
public sealed class ExitCodeTests : IDisposable
{
    private const int Failure = 1;
    private const int Usage = 64;
    private const int Configuration = 78;

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("--bogus")]
    [InlineData("-Z")]
    [InlineData("--verbose=yes")]
    [InlineData("--method")]
    [InlineData("--p", "/x")]
    public void Wrong_option_is_wrong_usage(params string[] options) => Assert.Equal(Usage, Run(options));

    [Theory]
    [InlineData("-m", "virtio")]
    [InlineData("-m", "")]
    [InlineData("-m", "unix-listen")]
    [InlineData("-m", "vsock-listen", "-p", "/x")]
    [InlineData("-m", "vsock-listen", "-p", "/x", "--retry-path")]
    [InlineData("-m", "isa-serial", "-p", "/dev")]
    [InlineData("-m", "virtio-serial", "-p", "/dev/null/x")]
    [InlineData("-c", "/nonexistent")]
    [InlineData("-c", "/dev")]
    [InlineData("-t", "/nonexistent")]
    [InlineData("-t", "/dev/null")]
    [InlineData("-t", "relative")]
    [InlineData("-t", "/proc")]
    [InlineData("-l", "/nonexistent/log")]
    [InlineData("-l", "/dev")]
    public void What_is_set_and_can_not_work_is_a_wrong_configuration(params string[] options) => Assert.Equal(Configuration, Run(options));

    [Theory]
    [InlineData("[general]\nfoo\n")]
    [InlineData("[general]\ndaemon=yes\n")]
    [InlineData("[general]\nmethod=virtio\n")]
    [InlineData("[general]\nmethod=vsock-listen\n")]
    [InlineData("[qga]\nfsfreeze-timeout=soon\n")]
    public void File_that_can_not_work_is_a_wrong_configuration(string content) =>
        Assert.Equal(Configuration, Run("-c", _scratch.Write("qemu-ga.conf", content)));

    [Fact]
    public void Path_of_a_socket_that_is_too_long_is_a_wrong_configuration() =>
        Assert.Equal(Configuration, Run("-m", "unix-listen", "-p", $"/run/{new string('x', 200)}"));

    [Fact]
    public void Damaged_state_is_a_wrong_configuration()
    {
        _scratch.Write("qga.state", "no key file");

        Assert.Equal(Configuration, Run("-m", "unix-listen", "-p", _scratch.PathOf("socket")));
    }

    [Theory]
    [InlineData("-p", "/dev/nonexistent")]
    [InlineData("-m", "isa-serial", "-p", "/dev/nonexistent")]
    [InlineData("-m", "unix-listen", "-p", "/nonexistent/socket")]
    public void What_may_be_there_later_is_worth_another_start(params string[] options) => Assert.Equal(Failure, Run(options));

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("--dump-conf")]
    [InlineData("--block-rpcs=help")]
    public void What_was_asked_for_is_a_success(string option) => Assert.Equal(0, Run(option));

    [Theory]
    [InlineData("check", 2)]
    public void Subcommands_have_codes_of_their_own(string subcommand, int code) => Assert.Equal(code, ExitOf(subcommand, "--bogus"));

    private int Run(params string[] options) => ExitOf(options is ["-t", ..] ? options : ["-t", _scratch.Root, .. options]);

    private static int ExitOf(params string[] arguments) =>
        ProcessRun.Of(PublishedAgent.Executable, arguments, new Dictionary<string, string?> { ["QGA_CONF"] = "/nonexistent" }).ExitCode;
}
