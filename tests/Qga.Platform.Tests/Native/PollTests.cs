using Qga.Platform.Native;

namespace Qga.Platform.Tests.Native;

public sealed class PollTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(-5000)]
    public void Time_that_is_over_is_not_waited_for(int milliseconds)
    {
        Assert.Equal(Errno.Success, LibC.Pipe(out var read, out var write));
        using (read)
        using (write)
        {
            LibC.PollDescriptor[] descriptors = [new() { Descriptor = (int)read.DangerousGetHandle(), Events = LibC.POLLIN }];

            Assert.Equal(Errno.Success, LibC.Poll(descriptors, TimeSpan.FromMilliseconds(milliseconds)));
            Assert.Equal(0, descriptors[0].ReturnedEvents);
        }
    }
}
