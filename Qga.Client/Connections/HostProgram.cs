using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Qga.Client;

/// <summary>Programs of the host.</summary>
internal static class HostProgram
{
    /// <summary>The longest that Linux takes as one argument of a program, its NUL not counted; in bytes.</summary>
    internal const int LongestArgument = (128 << 10) - 1;

    private const int ENOENT = 2;

    private const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>How long a program is waited for that was killed. One that the kernel holds is left to it.</summary>
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(5);

    /// <summary>How long the end of a program's error output is waited for once it has ended.</summary>
    private static readonly TimeSpan ErrorPatience = TimeSpan.FromSeconds(1);

    /// <summary>How a program has ended, and what it has written.</summary>
    internal sealed record Run(int ExitCode, byte[] Output, string Errors);

    /// <summary>Starts a program whose streams are all ours.</summary>
    /// <param name="program">Its path, or a name in PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="isPlain">Whether it is to speak English, and UTF-8.</param>
    /// <exception cref="Win32Exception">It can't be run; the message names it.</exception>
    /// <exception cref="ArgumentException">An argument can't be passed on as it is.</exception>
    internal static Process Start(string program, IEnumerable<string> arguments, bool isPlain = false)
    {
        string[] words = [.. arguments];
        if (words.FirstOrDefault(word => word.Contains('\0', StringComparison.Ordinal) || !IsText(word)) is { } bad)
            throw new ArgumentException($"{program} can't be given '{bad}': it has a NUL, or half of a surrogate pair", nameof(arguments));
        var start = new ProcessStartInfo(PathOf(program), words)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // What they say of failures is looked at, and by their locale they tell what bytes are characters.
        if (isPlain)
        {
            start.Environment["LC_ALL"] = "C.UTF-8";
            start.Environment.Remove("LANGUAGE");
        }

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
        string program, IEnumerable<string> arguments, ReadOnlyMemory<byte> input, long longestOutput, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = TryStart(program, arguments);
        var errors = ErrorExcerpt.OfStart(process.StandardError.BaseStream);
        try
        {
            var writing = WriteAsync(process, input);
            var output = await ReadAsync(process.StandardOutput.BaseStream, longestOutput, program, cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            await writing.WaitAsync(cancellationToken).ConfigureAwait(false);

            // What it has started in the background, as ssh does to share a connection, may keep the stream.
            await errors.Ended.WaitAsync(ErrorPatience, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return new Run(process.ExitCode, output, errors.Text);
        }
        finally
        {
            await EndAsync(process).ConfigureAwait(false);
        }
    }

    /// <summary>Kills a program and what it has started, unless it has ended, and waits for that.</summary>
    internal static async Task EndAsync(Process process)
    {
        try
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
        catch (Exception failure) when (failure is Win32Exception or AggregateException or InvalidOperationException)
        {
            // It runs as somebody else, as by sudo(8), and ends when it finds its streams closed; or it has ended just now.
            return;
        }

        using var patience = new CancellationTokenSource(KillPatience);
        await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Where a program is: by PATH alone, where the runtime would take one of the current directory first.</summary>
    private static string PathOf(string program) => TryPathOf(program) ?? throw new Win32Exception(ENOENT, $"there is no '{program}' in PATH");

    /// <summary>The same; null if PATH has none. Whether there is a program at a path with slashes is not looked at.</summary>
    internal static string? TryPathOf(string program) => program.Contains('/', StringComparison.Ordinal)
        ? Path.GetFullPath(program)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Where(folder => folder.StartsWith('/'))
            .Select(folder => Path.Join(folder, program))
            .FirstOrDefault(IsExecutable);

    /// <summary>What a program has said is wrong, on one line. virsh marks each of its lines.</summary>
    internal static string ReasonIn(string errors)
    {
        const string Mark = "error: ";
        return string.Join("; ", errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.StartsWith(Mark, StringComparison.Ordinal) ? line[Mark.Length..] : line));
    }

    /// <summary>Whether there is a file that somebody may execute.</summary>
    internal static bool IsExecutable(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & Execute) != UnixFileMode.None;

    private static bool IsText(string word)
    {
        try
        {
            return StrictUtf8.Encoding.GetByteCount(word) >= 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private static Process TryStart(string program, IEnumerable<string> arguments)
    {
        try
        {
            return Start(program, arguments, isPlain: true);
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

    private static async Task<byte[]> ReadAsync(Stream stream, long longest, string program, CancellationToken cancellationToken)
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
}
