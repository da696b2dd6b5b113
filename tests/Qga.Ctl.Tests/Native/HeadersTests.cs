using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Qga.Ctl.Native;
using Qga.Testing;

namespace Qga.Ctl.Tests.Native;

/// <summary>Every constant has the value of its header, and every record its layout; a C compiler tells them.</summary>
public class HeadersTests
{
    private const string Headers = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <poll.h>
        #include <signal.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/ioctl.h>
        #include <sys/prctl.h>
        #include <sys/resource.h>
        #include <sys/stat.h>
        #include <unistd.h>
        """;

    [CompilerFact]
    public void Constants_are_those_of_the_headers() => AssertConstants(CTarget.Own);

    [CompilerFact(Target = CTarget.Arm64)]
    public void Constants_are_those_of_the_headers_of_arm64() => AssertConstants(CTarget.Arm64);

    private static void AssertConstants(string target)
    {
        var constants = typeof(LibC).GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(field => field.IsLiteral && !field.Name.Any(char.IsAsciiLetterLower))
            .ToDictionary(field => field.Name, field => Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture));
        Assert.NotEmpty(constants);
        Assert.Equal(constants.Values, Numbers(target, constants.Keys));
    }

    [CompilerFact]
    public void Identity_of_a_file_is_where_the_headers_have_it()
    {
        var offsets = Numbers(
            CTarget.Own, "offsetof(struct statx, stx_ino)", "offsetof(struct statx, stx_dev_major)", "offsetof(struct statx, stx_dev_minor)", "sizeof(struct statx)");
        Assert.Equal(
            [
                Offset(nameof(LibC.FileIdentity.Inode)), Offset(nameof(LibC.FileIdentity.DeviceMajor)), Offset(nameof(LibC.FileIdentity.DeviceMinor)),
                Marshal.SizeOf<LibC.FileIdentity>(),
            ],
            offsets);
    }

    private static long Offset(string field) => Marshal.OffsetOf<LibC.FileIdentity>(field);

    private static IEnumerable<long> Numbers(string target, params IEnumerable<string> expressions)
    {
        var prints = string.Concat(expressions.Select(expression => $"printf(\"%lld\\n\", (long long)({expression}));\n"));
        return CProgram.OutputOf($"{Headers}\nint main(void) {{ {prints} return 0; }}", target: target).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => long.Parse(line, CultureInfo.InvariantCulture));
    }
}
