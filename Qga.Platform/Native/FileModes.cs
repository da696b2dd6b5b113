namespace Qga.Platform.Native;

/// <summary>The permissions that the agent gives, and looks for: those of chmod(1).</summary>
internal static class FileModes
{
    /// <summary><c>0600</c>.</summary>
    internal const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary><c>0700</c>.</summary>
    internal const UnixFileMode OwnersDirectory = OwnersFile | UnixFileMode.UserExecute;

    /// <summary><c>0644</c>.</summary>
    internal const UnixFileMode ReadableFile = OwnersFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary><c>0755</c>.</summary>
    internal const UnixFileMode ReadableDirectory = ReadableFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary><c>0022</c>.</summary>
    internal const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary><c>0666</c>: what the umask leaves of it.</summary>
    internal const UnixFileMode FileUnderUmask = ReadableFile | WritableByOthers;

    /// <summary><c>0077</c>.</summary>
    internal const UnixFileMode AnythingByOthers = WritableByOthers
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>As an administrator knows it: four octal digits.</summary>
    internal static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
