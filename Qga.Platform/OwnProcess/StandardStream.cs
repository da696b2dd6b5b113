using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>
/// Standard output or error. The streams of <see cref="Console"/> work on duplicates of the descriptors, which would hold on
/// to the caller's terminal and pipes after <see cref="DaemonStatus.Detach"/>, and of a path they keep what is UTF-8.
/// </summary>
public sealed class StandardStream : TextWriter
{
    private readonly SafeFileHandle _descriptor;

    private StandardStream(int descriptor) => _descriptor = new SafeFileHandle(descriptor, ownsHandle: false);

    public static TextWriter Output { get; } = Synchronized(new StandardStream(1));

    public static TextWriter Error { get; } = Synchronized(new StandardStream(2));

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>A reader that is gone, or a full disk, must not end the agent: what can't be written is dropped.</summary>
    public override void Write(string? value) => LibC.WriteAll(_descriptor, KernelPath.Bytes(value ?? ""));

    public override void WriteLine(string? value) => Write($"{value}\n");

    public override void Write(char value) => Write($"{value}");

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));
}
