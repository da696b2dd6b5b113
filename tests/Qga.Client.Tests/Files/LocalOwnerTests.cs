using System.Runtime.InteropServices;
using Qga.Testing;

namespace Qga.Client.Tests.Files;

public class LocalOwnerTests
{
    [CompilerFact]
    public void Constants_and_the_status_are_those_of_the_headers()
    {
        var printed = CProgram.OutputOf("""
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <stddef.h>
            #include <stdio.h>
            #include <sys/stat.h>
            int main(void)
            {
                printf("%d %d %d %zu %zu %zu", AT_EMPTY_PATH, STATX_UID, STATX_GID,
                    sizeof(struct statx), offsetof(struct statx, stx_uid), offsetof(struct statx, stx_gid));
            }
            """);

        Assert.Equal(printed, string.Join(' ', LocalOwner.AT_EMPTY_PATH, LocalOwner.STATX_UID, LocalOwner.STATX_GID,
            Marshal.SizeOf<LocalOwner.Status>(), Marshal.OffsetOf<LocalOwner.Status>("User"), Marshal.OffsetOf<LocalOwner.Status>("Group")));
    }

    [Fact]
    public void Owner_is_told()
    {
        using var file = File.OpenHandle("/etc/passwd");
        Assert.Equal("0:0", LocalOwner.Of(file));
    }
}
