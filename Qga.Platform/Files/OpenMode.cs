using Qga.Platform.Native;

namespace Qga.Platform.Files;

/// <summary>How <c>guest-file-open</c> opens: the fopen(3) modes, with the flags that fopen gives to open(2).</summary>
public sealed class OpenMode
{
    private static readonly Dictionary<string, int> FlagsOf = new()
    {
        ["r"] = LibC.O_RDONLY,
        ["w"] = LibC.O_WRONLY | LibC.O_CREAT | LibC.O_TRUNC,
        ["a"] = LibC.O_WRONLY | LibC.O_CREAT | LibC.O_APPEND,
        ["r+"] = LibC.O_RDWR,
        ["w+"] = LibC.O_RDWR | LibC.O_CREAT | LibC.O_TRUNC,
        ["a+"] = LibC.O_RDWR | LibC.O_CREAT | LibC.O_APPEND,
    };

    /// <summary>All that <see cref="TryParse"/> accepts.</summary>
    public static IReadOnlyList<string> Words { get; } =
        ["r", "rb", "w", "wb", "a", "ab", "r+", "rb+", "r+b", "w+", "wb+", "w+b", "a+", "ab+", "a+b"];

    private OpenMode(string text, string plain, int flags) => (Text, Plain, Flags) = (text, plain, flags);

    /// <summary>The mode as the client spelled it, for messages.</summary>
    public string Text { get; }

    /// <summary>The mode without its b: r, w, a, r+, w+ or a+.</summary>
    public string Plain { get; }

    internal int Flags { get; }

    /// <summary>Accepts r, w, a, with + and b in the orders that fopen knows (b has no meaning); null for anything else.</summary>
    public static OpenMode? TryParse(string text)
    {
        var plain = text switch
        {
            "rb" or "wb" or "ab" => text[..1],
            "rb+" or "wb+" or "ab+" or "r+b" or "w+b" or "a+b" => text[..1] + "+",
            _ => text,
        };
        return FlagsOf.TryGetValue(plain, out var flags) ? new OpenMode(text, plain, flags) : null;
    }
}
