using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Streams;

/// <summary>Asks whoever listens on a unix socket of this machine, a line each way.</summary>
public static class LocalClient
{
    /// <summary>Sends a line and waits for one.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="request">The line, without its line feed.</param>
    /// <param name="limit">How long to wait for the whole answer.</param>
    /// <returns>The answer, without its line feed.</returns>
    /// <exception cref="PlatformException">Nobody listens (ECONNREFUSED, ENOENT), or answers in time (ETIMEDOUT).</exception>
    public static string Ask(string path, string request, TimeSpan limit)
    {
        var errno = LibC.OpenConnection(LibC.UnixAddress(path), out var connection);
        using (connection)
        {
            Check(errno);
            Check(LibC.WriteAll(connection, Encoding.UTF8.GetBytes(request + "\n")));
            return ReadLine(connection, limit);
        }
    }

    private static string ReadLine(SafeFileHandle connection, TimeSpan limit)
    {
        using var line = new MemoryStream();
        Span<byte> block = stackalloc byte[4096];
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < limit;)
        {
            Span<LibC.PollDescriptor> ready = [new() { Descriptor = (int)connection.DangerousGetHandle(), Events = LibC.POLLIN }];
            Check(LibC.Poll(ready, limit - waited.Elapsed));
            if (ready[0].ReturnedEvents == 0)
                continue;
            Check(LibC.Read(connection, block, out var count));
            if (count == 0)
                throw new SystemCallException(Errno.ECONNRESET, "no answer");
            line.Write(block[..count]);
            if (block[count - 1] == '\n')
                return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length - 1);
        }

        throw new SystemCallException(Errno.ETIMEDOUT, "no answer");
    }

    private static void Check(Errno errno) => SystemCallException.ThrowIfFailed(errno, "no answer");
}
