using System.ComponentModel;
using Microsoft.Win32.SafeHandles;
using Qga.Ctl.Native;

namespace Qga.Ctl.Output;

/// <summary>
/// An open file that is read by read(2) and written to by write(2). .NET's console passes over a reader that has gone, and its files write at
/// places of their own, over what others have written to the same open file.
/// </summary>
internal sealed class DescriptorStream(SafeFileHandle file) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="BrokenPipeException">Who reads it has gone.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        switch (LibC.WriteAll(file, buffer))
        {
            case 0: break;
            case LibC.EPIPE: throw new BrokenPipeException();
            case var errno: throw new IOException($"the output can't be written: {new Win32Exception(errno).Message}");
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is kept.
    }

    public override int Read(Span<byte> buffer) => LibC.Read(file, buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>Who reads our output has gone, as <c>head</c> does.</summary>
internal sealed class BrokenPipeException() : IOException("nobody reads the output any more");
