using System.Text;
using Qga.Client;
using Qga.Ctl.Native;

namespace Qga.Ctl.Groups;

/// <summary>Who is in a group: each guest once, as far as addresses can tell.</summary>
internal static class GroupMembers
{
    private const string Unix = "unix:", Exec = "exec:";

    /// <summary>The longest path of a socket, its NUL not counted; in bytes.</summary>
    private const int LongestPath = 107;

    /// <summary>What a guest takes by the dearest way, a program with three pipes, and what there is without guests.</summary>
    private const int DescriptorsOfOne = 8, DescriptorsOfNone = 256;

    /// <summary>Makes room for a connection to each: a shell allows 1024 descriptors as a rule, and the kernel far more.</summary>
    internal static void MakeRoomFor(int guests) => LibC.AllowDescriptors(DescriptorsOfNone + guests * DescriptorsOfOne);

    /// <summary>Two names of the same guest; null if there are none.</summary>
    internal static (string First, string Second)? TwiceIn(IEnumerable<(string Name, GuestAddress Address)> members)
    {
        Dictionary<string, string> seen = new(StringComparer.Ordinal);
        foreach (var (name, address) in members)
        {
            var place = PlaceOf(address.ToString());
            if (!seen.TryAdd(place, name))
                return (seen[place], name);
        }

        return null;
    }

    /// <summary>The same addresses as they are from any directory; null if one depends on the current one.</summary>
    internal static IReadOnlyList<string>? FromAnywhere(IReadOnlyList<string> addresses)
    {
        List<string> absolute = [.. addresses.Select(address =>
            address.StartsWith(Unix, StringComparison.Ordinal) ? Unix + Path.GetFullPath(address[Unix.Length..]) : address)];

        // A program and its arguments may name files of this directory, and a short path may be of a place whose own is too long (unix(7)).
        return absolute.TrueForAll(address => !address.StartsWith(Exec, StringComparison.Ordinal)
            && (!address.StartsWith(Unix, StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(address) - Unix.Length <= LongestPath))
            ? absolute : null;
    }

    /// <remarks>A socket has as many paths as there are links to it, and the same path leads elsewhere by way of another process' root.</remarks>
    private static string PlaceOf(string address)
    {
        if (!address.StartsWith(Unix, StringComparison.Ordinal))
            return address;
        var path = Path.GetFullPath(address[Unix.Length..]);
        return LibC.IdentityOf(path) is { } file ? $"{Unix}{file.DeviceMajor}:{file.DeviceMinor}:{file.Inode}" : Unix + path;
    }
}
