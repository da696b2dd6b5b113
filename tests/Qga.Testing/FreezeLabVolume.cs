using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Testing;

/// <summary>
/// A filesystem of a <see cref="FreezeLab"/>. It is held open, so it can be frozen and thawed whatever becomes of its path.
/// </summary>
public sealed partial class FreezeLabVolume : IDisposable
{
    private const nuint FIFREEZE = 0xC0045877;
    private const nuint FITHAW = 0xC0045878;
    private const nuint EXT4_IOC_SHUTDOWN = 0x8004587D;
    private const uint EXT4_GOING_FLAGS_NOLOGFLUSH = 2;
    private const int O_RDONLY = 0;
    private const int O_CLOEXEC = 0x80000;
    private const int EINVAL = 22;
    private const int EBUSY = 16;
    private const int EEXIST = 17;
    private const int EOPNOTSUPP = 95;

    private const string Existing = "existing";

    private readonly SafeFileHandle _root;

    internal FreezeLabVolume(string type, string mountPoint, string device, string path)
    {
        (Type, MountPoint, Device) = (type, mountPoint, device);
        _root = open(path, O_RDONLY | O_CLOEXEC);
        if (_root.IsInvalid || (IsWritable && mkdirat(_root, Existing, 0) != 0 && Marshal.GetLastPInvokeError() != EEXIST))
            throw new Win32Exception();
    }

    public string Type { get; }

    public string MountPoint { get; }

    /// <summary>The name of its loop device.</summary>
    public string Device { get; }

    public bool IsWritable => Type is not ("squashfs" or "fuseblk") && MountPoint != "/mnt/readonly";

    public bool CanBeFrozen => Type is "ext4" or "xfs" or "btrfs";

    /// <summary>Whether it is frozen, which the kernel does not tell: what it does with a writer shows it.</summary>
    public bool IsFrozen => IsWritable ? HoldsUpWriters() : RefusesToFreeze();

    /// <summary>Freezes it behind the agent's back.</summary>
    public void Freeze()
    {
        if (Control(FIFREEZE) is not 0 and var errno)
            throw new Win32Exception(errno);
    }

    /// <returns>False if it was not frozen.</returns>
    public bool Thaw() => Control(FITHAW) switch
    {
        0 => true,
        EINVAL or EOPNOTSUPP => false,
        var errno => throw new Win32Exception(errno),
    };

    /// <summary>Makes the filesystem as if its device had failed; it can only be unmounted then.</summary>
    public unsafe void ShutDown()
    {
        var flag = EXT4_GOING_FLAGS_NOLOGFLUSH;
        if (ioctl(_root, EXT4_IOC_SHUTDOWN, (nint)(&flag)) != 0)
            throw new Win32Exception();
    }

    public void Dispose() => _root.Dispose();

    internal static void MakeFileSystem(string type, string image)
    {
        var made = type switch
        {
            "ext4" => Make("64M", "mkfs.ext4", "-q", image),
            "xfs" => Make("300M", "mkfs.xfs", "-q", image),
            "btrfs" => Make("128M", "mkfs.btrfs", "-q", image),
            "vfat" => Make("16M", "mkfs.vfat", image),
            "ntfs" => Make("16M", "mkntfs", "-F", "-Q", "-q", image),
            "squashfs" => ProcessRun.Of("mksquashfs", [Repository.PathOf("tests/freeze-lab"), image, "-quiet", "-no-progress"]),
            _ => throw new ArgumentException(type, nameof(type)),
        };
        if (made.ExitCode != 0)
            throw new InvalidOperationException($"{made}");

        ProcessRun Make(string size, string program, params string[] arguments)
        {
            using (var file = File.Create(image))
                file.SetLength(long.Parse(size.TrimEnd('M')) << 20);
            return ProcessRun.Of(program, arguments);
        }
    }

    /// <summary>Makes a directory that is there already, which changes nothing, and has to wait while all is frozen.</summary>
    private bool HoldsUpWriters()
    {
        var thread = 0;
        var writer = new Thread(() =>
        {
            Volatile.Write(ref thread, gettid());
            _ = mkdirat(_root, Existing, 0);
        })
        {
            IsBackground = true,
        };
        writer.Start();
        var isHeldUp = false;
        Eventually.True(() => writer.Join(TimeSpan.Zero) || (isHeldUp = IsHeldUp(Volatile.Read(ref thread))), $"{MountPoint} is frozen or not");
        return isHeldUp;
    }

    /// <summary>Whether a thread of this process waits for a thaw.</summary>
    internal static bool IsHeldUp(int thread)
    {
        try
        {
            return thread != 0 && File.ReadAllText($"/proc/self/task/{thread}/stack").Contains("percpu_rwsem_wait", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;       // it has ended
        }
    }

    /// <summary>A volume that is not written to can be frozen for a moment without any risk.</summary>
    private bool RefusesToFreeze()
    {
        if (Control(FIFREEZE) is not 0 and var errno)
            return errno is EBUSY || (errno is EOPNOTSUPP ? false : throw new Win32Exception(errno));
        Thaw();
        return false;
    }

    /// <returns>The errno, 0 for success.</returns>
    private int Control(nuint request) => ioctl(_root, request, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdirat(SafeFileHandle directory, string path, uint mode);

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle fd, nuint request, nint argument);
}
