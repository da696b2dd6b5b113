namespace Qga.Ctl.Copying;

internal enum EntryKind
{
    File,
    Directory,
    Link,

    /// <summary>A device, a FIFO or a socket.</summary>
    Other,
}

/// <summary>Something in a tree that is copied.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">Where it is below the tree's root: names with slashes between them, none of which is empty, <c>.</c> or <c>..</c>.</param>
/// <param name="Mode">Its permissions.</param>
/// <param name="User">The number of its owner.</param>
/// <param name="Group">The number of its group.</param>
/// <param name="Size">In bytes.</param>
/// <param name="LinkTarget">Where a link leads; else empty.</param>
internal sealed record TreeEntry(EntryKind Kind, string Path, UnixFileMode Mode, uint User, uint Group, long Size, string LinkTarget = "")
{
    /// <summary>
    /// Whether a link stays in the tree, whatever else is in it. Its target may go up only at its start, as behind the name of another link
    /// nobody knows where up is.
    /// </summary>
    internal bool StaysInside
    {
        get
        {
            if (LinkTarget.Length == 0 || LinkTarget[0] == '/')
                return false;
            var parts = LinkTarget.Split('/').Where(part => part is not ("" or ".")).ToList();
            var ups = parts.TakeWhile(part => part == "..").Count();
            return !parts.Skip(ups).Contains("..") && ups <= Path.Count(character => character == '/');
        }
    }
}
