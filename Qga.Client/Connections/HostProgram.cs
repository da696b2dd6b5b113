using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Qga.Client;

/// <summary>Programs of the host.</summary>
internal static class HostProgram
{
    /// <summary>The longest that Linux takes as one argument of a program, its NUL not counted; in bytes.</summary>
    internal const int LongestArgument = (128 << 10) - 1;

    /// <summary>How a program has ended, and what it has written.</summary>
    internal sealed record Run(int ExitCode, byte[] Output, string Errors);

    /// <summary>Starts a program whose streams are all ours.</summary>
    /// <exception cref="Win32Exception">It can't be run; the message names it.</exception>
    internal static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };

        // What they say of failures is looked at.
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its path, or a name in PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="longestOutput">In bytes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="QgaConnectionException">It can't be run.</exception>
    /// <exception cref="QgaProtocolException">It has written more than it may.</exception>
    internal static async Task<Run> RunAsync(
        string program, IEnumerable<string> arguments, ReadOnlyMemory<byte> input, int longestOutput, CancellationToken cancellationToken)
    {
        using var process = TryStart(program, arguments);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            var writing = WriteAsync(process, input);
            var output = await ReadAsync(process.StandardOutput.BaseStream, longestOutput, program, cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
            return new Run(process.ExitCode, output, (await errors.WaitAsync(cancellationToken).ConfigureAwait(false)).Trim());
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Process TryStart(string program, IEnumerable<string> arguments)
    {
        try
        {
            return Start(program, arguments);
        }
        catch (Win32Exception failure)
        {
            throw new QgaConnectionException($"{program} can't be run: {failure.Message}", failure);
        }
    }

    private static async Task WriteAsync(Process process, ReadOnlyMemory<byte> input)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A program need not read its input; what it makes of that, its exit code says.
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int longest, string program, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        var block = new byte[64 << 10];
        while (await stream.ReadAsync(block, CancellationToken.None).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            output.Write(block, 0, count);
            if (output.Length > longest)
                throw new QgaProtocolException($"{program} has written an answer of more than {longest} bytes");
        }

        return output.ToArray();
    }

    /// <summary>The last lines that a program has written.</summary>
    internal sealed class Tail
    {
        private const int Lines = 5;

        private readonly Queue<string> _lines = [];

        /// <summary>The lines, for the end of a sentence.</summary>
        internal string AfterColon
        {
            get
            {
                lock (_lines)
                    return _lines.Count > 0 ? $": {string.Join("; ", _lines)}" : "";
            }
        }

        internal void Add(string? line)
        {
            lock (_lines)
            {
                if (string.IsNullOrWhiteSpace(line))
                    return;
                _lines.Enqueue(line.Trim());
                if (_lines.Count > Lines)
                    _lines.Dequeue();
            }
        }
    }
}
