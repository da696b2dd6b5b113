using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Testing;

namespace Qga.Platform.Tests.Native;

public sealed class LocksTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <remarks>As a process has one that is just being started.</remarks>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lock_is_gone_with_its_file_though_there_is_a_copy_of_the_handle(bool isOfTheWholeFile)
    {
        Func<SafeFileHandle, Errno> takeLock = isOfTheWholeFile ? LibC.LockExclusively : LibC.Lock;
        var path = _scratch.Write("file", "");
        Assert.Equal(Errno.Success, LibC.Open(path, LibC.O_RDWR, out var first));
        Assert.Equal(Errno.Success, LibC.Duplicate(first, out var copy));
        using var theirs = copy;
        Assert.Equal(Errno.Success, takeLock(first));
        Assert.Equal(Errno.Success, LibC.Open(path, LibC.O_RDWR, out var second));
        using (second)
        {
            Assert.Equal(Errno.EAGAIN, takeLock(second));
            LibC.CloseLocked(first);
            Assert.Equal(Errno.Success, takeLock(second));
        }
    }
}
