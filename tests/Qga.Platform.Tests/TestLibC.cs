using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Tests;

/// <summary>What tests ask of the C library beyond what the agent does.</summary>
[SuppressMessage("Interoperability", "SYSLIB1054", Justification = "Generated marshalling needs unsafe code.")]
internal static class TestLibC
{
    private const int AT_FDCWD = -100;
    private const uint RENAME_EXCHANGE = 2;
    private const int CLONE_FS = 0x200;
    private const int SOCK_STREAM = 1;
    private const int SOCK_NONBLOCK = LibC.O_NONBLOCK;
    private const int SOCK_CLOEXEC = LibC.O_CLOEXEC;

    public static SafeFileHandle Open(string path, int flags)
    {
        Assert.Equal(Errno.Success, LibC.Open(path, flags, out var file));
        return file;
    }

    /// <summary>The mode of octal digits, as chmod(1) takes them.</summary>
    public static UnixFileMode Mode(string octal) => (UnixFileMode)Convert.ToInt32(octal, 8);

    public static void MakeFifo(string path) => Assert.Equal(0, mkfifo(Encoding.UTF8.GetBytes(path + '\0'), Mode("600")));

    /// <summary>Gives a file, or a symbolic link itself, to a user and his group of the same number.</summary>
    public static void Give(string path, uint user) => Assert.Equal(0, lchown(path, user, user));

    public static void Link(string existing, string path) => Assert.Equal(0, link(existing, path));

    /// <summary>Lets two names change places at once, whatever they are of.</summary>
    public static void Exchange(string one, string other) => Assert.Equal(0, renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE));

    /// <summary>Two non-blocking sockets that are connected to each other.</summary>
    public static (SafeFileHandle Ours, SafeFileHandle Theirs) SocketPair()
    {
        var ends = new int[2];
        Assert.Equal(0, socketpair(LibC.AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    /// <summary>The master of a new pseudo-terminal, and the path of its line.</summary>
    public static (SafeFileHandle Master, string Line) Pty()
    {
        var master = Open("/dev/ptmx", LibC.O_RDWR | LibC.O_NOCTTY | LibC.O_NONBLOCK);
        var path = new byte[64];
        Assert.Equal(0, grantpt(master));
        Assert.Equal(0, unlockpt(master));
        Assert.Equal(0, ptsname_r(master, path, (nuint)path.Length));
        return (master, Encoding.UTF8.GetString(path.AsSpan(0, path.AsSpan().IndexOf((byte)0))));
    }

    /// <summary>Runs the action on a thread that has a umask of its own, so that other tests keep theirs.</summary>
    public static void WithUmask(string mask, Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            failure = Record.Exception(() =>
            {
                Assert.Equal(0, unshare(CLONE_FS));
                LibC.SetFileModeMask(Mode(mask));
                action();
            });
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    private const int F_GET_SEALS = 1034;

    /// <summary>What is never done to a file in memory any more.</summary>
    public static int Seals(SafeFileHandle file) => fcntl((int)file.DangerousGetHandle(), F_GET_SEALS, 0);

    /// <summary>One datagram, and the descriptor that came with it; empty if there is none yet.</summary>
    public static (byte[] Datagram, SafeFileHandle? File) Receive(SafeFileHandle socketHandle)
    {
        var buffer = new byte[512 * 1024];
        var control = new long[3];
        var (bufferPin, controlPin) = (GCHandle.Alloc(buffer, GCHandleType.Pinned), GCHandle.Alloc(control, GCHandleType.Pinned));
        var vector = new long[] { bufferPin.AddrOfPinnedObject(), buffer.Length };
        var vectorPin = GCHandle.Alloc(vector, GCHandleType.Pinned);
        try
        {
            // struct msghdr: name, its length, pieces, their number, control, its length, flags.
            long[] message = [0, 0, vectorPin.AddrOfPinnedObject(), 1, controlPin.AddrOfPinnedObject(), sizeof(long) * control.Length, 0];
            var count = (int)recvmsg(socketHandle, message, 0);
            var hasFile = count >= 0 && message[5] >= sizeof(long) * 3;
            return (count > 0 ? buffer[..count] : [], hasFile ? new SafeFileHandle((int)control[2], ownsHandle: true) : null);
        }
        finally
        {
            bufferPin.Free();
            controlPin.Free();
            vectorPin.Free();
        }
    }

    public static void MakeLink(string path, string target) => Assert.Equal(0, symlink(KernelPath.Encode(target), KernelPath.Encode(path)));

    [DllImport("libc")]
    private static extern nint recvmsg(SafeFileHandle socketHandle, [In, Out] long[] message, int flags);

    [DllImport("libc")]
    private static extern int fcntl(int descriptor, int command, int argument);

    [DllImport("libc")]
    private static extern int symlink(byte[] target, byte[] path);

    [DllImport("libc")]
    private static extern int mkfifo(byte[] path, UnixFileMode mode);

    [DllImport("libc")]
    private static extern int lchown(string path, uint user, uint group);

    [DllImport("libc")]
    private static extern int link(string existing, string path);

    [DllImport("libc")]
    private static extern int renameat2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [DllImport("libc")]
    private static extern int socketpair(int family, int type, int protocol, [Out] int[] ends);

    [DllImport("libc")]
    private static extern int grantpt(SafeFileHandle master);

    [DllImport("libc")]
    private static extern int unlockpt(SafeFileHandle master);

    [DllImport("libc")]
    private static extern int ptsname_r(SafeFileHandle master, [Out] byte[] path, nuint length);

    [DllImport("libc")]
    private static extern int unshare(int flags);
}
