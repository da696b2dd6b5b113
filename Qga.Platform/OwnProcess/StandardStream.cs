using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>
/// Standard output or error. The streams of <see cref="Console"/> work on duplicates of the descriptors, which would hold on
/// to the caller's terminal and pipes after <see cref="DaemonStatus.Detach"/>.
/// </summary>
public sealed class StandardStream : Stream
{
    private readonly SafeFileHandle _descriptor;

    private StandardStream(int descriptor) => _descriptor = new SafeFileHandle(descriptor, ownsHandle: false);

    public static TextWriter Output { get; } = Writer(1);

    public static TextWriter Error { get; } = Writer(2);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>A reader that is gone, or a full disk, must not end the agent: what can't be written is dropped.</summary>
    public override void Write(ReadOnlySpan<byte> buffer) => LibC.WriteAll(_descriptor, buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static TextWriter Writer(int descriptor) =>
        TextWriter.Synchronized(new StreamWriter(new StandardStream(descriptor), new UTF8Encoding(false)) { AutoFlush = true });
}
