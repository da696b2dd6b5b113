using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Streams;

namespace Qga.Platform.Processes;

/// <summary>The standard streams of a child: its ends, and ours where there is one. Disposing closes what has not been taken.</summary>
internal sealed class ChildPipes : IDisposable
{
    private readonly List<IDisposable> _ends = [];
    private readonly OurEnds _ours;

    /// <summary>Our ends of the pipes; null where there is none.</summary>
    internal readonly record struct OurEnds(DescriptorStream? Input, DescriptorStream? Out, DescriptorStream? Error);

    /// <exception cref="PlatformException">There are no descriptors left.</exception>
    public ChildPipes(bool hasInput, OutputCapture capture)
    {
        try
        {
            Check(LibC.OpenNothing(out var nothing));
            _ends.Add(nothing);
            ChildInput = ChildOut = ChildError = nothing;
            if (hasInput)
            {
                Check(LibC.Pipe(out var readEnd, out var writeEnd));
                ChildInput = readEnd;
                _ours = _ours with { Input = Add(writeEnd, readEnd) };
            }

            if (capture is OutputCapture.Stdout or OutputCapture.Separated or OutputCapture.Merged)
            {
                Check(LibC.Pipe(out var readEnd, out var writeEnd));
                ChildOut = writeEnd;
                _ours = _ours with { Out = Add(readEnd, writeEnd) };
            }

            if (capture is OutputCapture.Stderr or OutputCapture.Separated)
            {
                Check(LibC.Pipe(out var readEnd, out var writeEnd));
                ChildError = writeEnd;
                _ours = _ours with { Error = Add(readEnd, writeEnd) };
            }

            if (capture == OutputCapture.Merged)
                ChildError = ChildOut;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public SafeFileHandle ChildInput { get; }

    public SafeFileHandle ChildOut { get; }

    public SafeFileHandle ChildError { get; }

    /// <summary>Gives our ends away.</summary>
    public OurEnds TakeOurs()
    {
        _ends.RemoveAll(static end => end is DescriptorStream);
        return _ours;
    }

    public void Dispose() => _ends.ForEach(static end => end.Dispose());

    private static void Check(Errno errno) => SystemCallException.ThrowIfFailed(errno, "failed to create child process");

    private DescriptorStream Add(SafeFileHandle ours, SafeFileHandle theirs)
    {
        _ends.Add(theirs);
        try
        {
            Check(LibC.MakeNonBlocking(ours));
            var stream = new DescriptorStream(ours, EndOfFile.Final);
            _ends.Add(stream);
            return stream;
        }
        catch
        {
            ours.Dispose();
            throw;
        }
    }
}
