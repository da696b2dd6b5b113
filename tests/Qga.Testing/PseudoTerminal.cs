using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Testing;

/// <summary>A pseudo terminal, see pty(7): the test holds the host's side, the agent opens <see cref="Path"/>.</summary>
public sealed partial class PseudoTerminal : IDisposable
{
    private const int O_RDWR = 2;
    private const int O_NOCTTY = 0x100;
    private const int O_CLOEXEC = 0x80000;

    private readonly FileStream _host;

    public PseudoTerminal()
    {
        var descriptor = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        var name = new byte[64];
        if (descriptor < 0 || grantpt(descriptor) != 0 || unlockpt(descriptor) != 0 || ptsname_r(descriptor, name, (nuint)name.Length) != 0)
            throw new Win32Exception();
        _host = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.ReadWrite, bufferSize: 0);
        Path = System.Text.Encoding.ASCII.GetString(name).TrimEnd('\0');
    }

    public string Path { get; }

    /// <summary>Speaks from the host's side; disposing of the client hangs up.</summary>
    public QmpClient Connect() => new(_host);

    /// <summary>The settings of the line as stty(1) prints them.</summary>
    public IReadOnlyCollection<string> Settings => ProcessRun.Of("stty", ["-F", Path, "-a"]).Output.Split((char[])[' ', ';', '\n']);

    /// <summary>Makes it carry bytes as they are, as a virtio port does.</summary>
    public void MakeRaw()
    {
        var stty = ProcessRun.Of("stty", ["-F", Path, "raw", "-echo"]);
        if (stty.ExitCode != 0)
            throw new InvalidOperationException(stty.Error);
    }

    /// <summary>Waits until the agent has opened the line and made it raw.</summary>
    public void AwaitRaw() => Eventually.True(() => Settings.Contains("-icanon"));

    public void Dispose() => _host.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int grantpt(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlockpt(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ptsname_r(int fd, [Out] byte[] name, nuint length);
}
