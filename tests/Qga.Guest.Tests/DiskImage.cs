namespace Qga.Guest.Tests;

/// <summary>A disk of a guest: a sparse file on the host, with a filesystem on it.</summary>
internal sealed class DiskImage : IDisposable
{
    private DiskImage(string maker, int megabytes, params IEnumerable<string> options)
    {
        using (var file = File.Create(Path))
            file.SetLength(megabytes * 1024L * 1024);
        var made = HostTool.Run(HostTool.Find(maker)!, [.. options, Path]);
        Assert.True(made.Status == 0, made.Error);
    }

    public string Path { get; } = System.IO.Path.GetTempFileName();

    public static DiskImage Ext4(int megabytes) => new("mkfs.ext4", megabytes, "-q", "-F");

    /// <summary>A filesystem with all that is in a folder of this machine.</summary>
    public static DiskImage Ext4Of(string folder, int megabytes) => new("mkfs.ext4", megabytes, "-q", "-F", "-d", folder);

    /// <summary>The smallest XFS there is.</summary>
    public static DiskImage Xfs() => new("mkfs.xfs", 300, "-q", "-f");

    public static DiskImage Swap(int megabytes) => new("mkswap", megabytes, "-q");

    public void Dispose() => File.Delete(Path);
}
