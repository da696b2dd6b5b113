using Qga.Platform.Policy;

namespace Qga.Platform.Files;

/// <summary>Opens files of the guest for the host.</summary>
public interface IGuestFileOpener
{
    /// <summary>Opens <paramref name="path"/>; a file that this makes gets mode 0644, whatever the umask.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">What for.</param>
    /// <param name="judge">Decides of the file that the path leads to, and that is then opened; null if it is opened whatever it is.</param>
    /// <exception cref="PlatformException">The file can't be opened or made.</exception>
    IGuestFile Open(string path, OpenMode mode, FileJudge? judge = null);
}

/// <summary>
/// An open file of the guest. Nothing is buffered: what a write has taken is with the kernel, and what it could not take, it reports.
/// </summary>
public interface IGuestFile : IDisposable
{
    /// <summary>Reads until <paramref name="buffer"/> is full, the file ends, or a FIFO or device has no more for now.</summary>
    /// <exception cref="PlatformException">The read failed, or a FIFO or device has nothing at all for now.</exception>
    FileRead Read(Span<byte> buffer);

    /// <summary>Writes all of <paramref name="bytes"/>.</summary>
    /// <exception cref="PlatformException">Not all could be written: no space, or a FIFO or device that takes no more for now.</exception>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Moves the position, see lseek(2).</summary>
    /// <returns>The new position in bytes from the start.</returns>
    long Seek(long offset, SeekOrigin origin);

    /// <summary>Closes the file, which is gone afterwards even if this reports an error.</summary>
    void Close();
}

/// <summary>How many bytes were read, and whether the end of the file was met on the way.</summary>
public readonly record struct FileRead(int Count, bool EndOfFile);
