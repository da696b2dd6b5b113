using Qga.Platform.Files;
using Qga.Platform.Native;

namespace Qga.Platform.Tests.Files;

public class OpenModeTests
{
    [Theory]
    [InlineData("r", LibC.O_RDONLY)]
    [InlineData("rb", LibC.O_RDONLY)]
    [InlineData("w", LibC.O_WRONLY | LibC.O_CREAT | LibC.O_TRUNC)]
    [InlineData("wb", LibC.O_WRONLY | LibC.O_CREAT | LibC.O_TRUNC)]
    [InlineData("a", LibC.O_WRONLY | LibC.O_CREAT | LibC.O_APPEND)]
    [InlineData("ab", LibC.O_WRONLY | LibC.O_CREAT | LibC.O_APPEND)]
    [InlineData("r+", LibC.O_RDWR)]
    [InlineData("rb+", LibC.O_RDWR)]
    [InlineData("r+b", LibC.O_RDWR)]
    [InlineData("w+", LibC.O_RDWR | LibC.O_CREAT | LibC.O_TRUNC)]
    [InlineData("wb+", LibC.O_RDWR | LibC.O_CREAT | LibC.O_TRUNC)]
    [InlineData("w+b", LibC.O_RDWR | LibC.O_CREAT | LibC.O_TRUNC)]
    [InlineData("a+", LibC.O_RDWR | LibC.O_CREAT | LibC.O_APPEND)]
    [InlineData("ab+", LibC.O_RDWR | LibC.O_CREAT | LibC.O_APPEND)]
    [InlineData("a+b", LibC.O_RDWR | LibC.O_CREAT | LibC.O_APPEND)]
    public void Mode_has_the_flags_of_fopen_and_keeps_its_spelling(string text, int flags)
    {
        var mode = OpenMode.TryParse(text);

        Assert.Equal((text, flags), (mode?.Text, mode?.Flags));
    }

    [Theory]
    [InlineData("")]
    [InlineData("R")]
    [InlineData("x")]
    [InlineData("rw")]
    [InlineData("b")]
    [InlineData("br")]
    [InlineData("+r")]
    [InlineData("rbb")]
    [InlineData("r+b+")]
    [InlineData("r++")]
    [InlineData("re")]
    [InlineData("wx")]
    [InlineData("r ")]
    public void Any_other_spelling_is_none(string text) => Assert.Null(OpenMode.TryParse(text));
}
