using Qga.Platform.Native;

namespace Qga.Platform.Proc;

/// <summary>
/// The files of users and groups, passwd(5) and group(5), as the C library takes them: blanks before a line, empty lines and comments are passed
/// over, and so is a line that lacks a number, or has something else in its place. Behind the numbers all may be missing. Lines that begin with
/// <c>+</c> or <c>-</c> are about NIS, and are no users or groups.
/// </summary>
internal static class AccountFile
{
    private const byte Separator = (byte)':';

    /// <summary>The users of a passwd file, in their order.</summary>
    public static IEnumerable<UserEntry> Users(ReadOnlyMemory<byte> text)
    {
        foreach (var line in Lines(text))
        {
            if (ParseUser(line.Span) is { } user)
                yield return user;
        }
    }

    /// <summary>The groups of a group file, in their order.</summary>
    public static IEnumerable<GroupEntry> Groups(ReadOnlyMemory<byte> text)
    {
        foreach (var line in Lines(text))
        {
            if (ParseGroup(line.Span) is { } group)
                yield return group;
        }
    }

    private static UserEntry? ParseUser(ReadOnlySpan<byte> line)
    {
        var name = Field(ref line);
        _ = Field(ref line);        // the password, or where it is
        if (IsAboutNis(name) || Number(ref line) is not { } user || Number(ref line) is not { } group)
            return null;
        _ = Field(ref line);        // the real name
        return new UserEntry(KernelPath.Decode(name), user, group, KernelPath.Decode(Field(ref line)), KernelPath.Decode(line));
    }

    private static GroupEntry? ParseGroup(ReadOnlySpan<byte> line)
    {
        var name = Field(ref line);
        _ = Field(ref line);
        if (IsAboutNis(name) || Number(ref line) is not { } group)
            return null;
        List<string> members = [];
        foreach (var range in line.Split((byte)','))
        {
            // Only what is before a member is no part of its name.
            var member = TrimStart(line[range]);
            if (!member.IsEmpty)
                members.Add(KernelPath.Decode(member));
        }

        return new GroupEntry(KernelPath.Decode(name), group, members);
    }

    private static bool IsAboutNis(ReadOnlySpan<byte> name) => name is [(byte)'+' or (byte)'-', ..];

    /// <summary>The lines that say something, as C strings: the rest of one with a NUL in it is cut off.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> text)
    {
        while (!text.IsEmpty)
        {
            var end = text.Span.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            if (line.Span.IndexOf((byte)0) is >= 0 and var terminator)
                line = line[..terminator];
            line = line[(line.Length - TrimStart(line.Span).Length)..];
            if (!line.IsEmpty && line.Span[0] != '#')
                yield return line;
        }
    }

    /// <summary>Takes all up to the next separator; empty if nothing is left.</summary>
    private static ReadOnlySpan<byte> Field(ref ReadOnlySpan<byte> line)
    {
        var end = line.IndexOf(Separator);
        var field = end < 0 ? line : line[..end];
        line = end < 0 ? default : line[(end + 1)..];
        return field;
    }

    /// <summary>Takes a number, which may have blanks and a plus before it; what doesn't fit in 32 bits is none.</summary>
    private static uint? Number(ref ReadOnlySpan<byte> line)
    {
        var digits = TrimStart(line);
        if (digits is [(byte)'+', ..])
            digits = digits[1..];
        ulong number = 0;
        var length = 0;
        for (; length < digits.Length && digits[length] is >= (byte)'0' and <= (byte)'9'; length++)
            number = Math.Min((number * 10) + (ulong)(digits[length] - '0'), (ulong)uint.MaxValue + 1);
        if (length == 0 || number > uint.MaxValue || (length < digits.Length && digits[length] != Separator))
            return null;
        line = length < digits.Length ? digits[(length + 1)..] : default;
        return (uint)number;
    }

    private static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> text) => text.TrimStart(" \t\v\f\r\n"u8);
}
