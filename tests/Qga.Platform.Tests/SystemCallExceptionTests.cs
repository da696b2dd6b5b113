using Qga.Platform.Native;

namespace Qga.Platform.Tests;

public sealed class SystemCallExceptionTests
{
    [Fact]
    public void Message_ends_in_what_the_C_library_says() =>
        Assert.Equal("failed to open /x: No such file or directory", new SystemCallException(Errno.ENOENT, "failed to open /x").Message);

    [Fact]
    public void Success_is_no_failed_call() => Assert.Throws<ArgumentOutOfRangeException>(() => new SystemCallException(Errno.Success, "x"));
}
