using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.OwnProcess;

namespace Qga.Platform.Processes;

/// <summary>
/// The executable between the agent and a program: it gives itself the memory score of any process (<see cref="OutOfMemoryScore"/>) and
/// becomes the program, which so has it from its first instruction on, and all that it starts.
/// </summary>
public static class ProgramLauncher
{
    private const string Name = "qga-exec";

    /// <summary>What a shell tells of a program that can't be run.</summary>
    private const int NotRun = 127;

    /// <summary>Whether this process was started to be one.</summary>
    public static bool IsRequested => Environment.GetCommandLineArgs()[0] == Name;

    /// <summary>Becomes the program.</summary>
    /// <returns>The exit code, if that can't be.</returns>
    public static int Run(string[] arguments)
    {
        if (arguments is not [var number, var file, .. var command]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor)
            || LibC.CloseOnExec(descriptor) != Errno.Success)
        {
            return NotRun;
        }

        using var report = new SafeFileHandle(descriptor, ownsHandle: true);
        OutOfMemoryScore.BecomeOrdinary();

        // The runtime ignores some, and a program that is executed would go on doing so.
        LibC.ResetSignals();
        var errno = LibC.Become(file, StringBlock.Of(command));
        Span<byte> word = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(word, (int)errno);
        LibC.WriteAll(report, word);
        return NotRun;
    }

    /// <summary>The command line of one.</summary>
    /// <param name="report">The descriptor that it inherits, by which it tells why it can't become the program; closed when it has.</param>
    /// <param name="file">The program.</param>
    /// <param name="arguments">The program's, its name first.</param>
    internal static byte[] CommandLine(int report, string file, IEnumerable<string> arguments) =>
        StringBlock.Of([Name, report.ToString(CultureInfo.InvariantCulture), file, .. arguments]);

    /// <summary>What one has told.</summary>
    /// <param name="word">All that it has written.</param>
    /// <returns>Why it has not become the program.</returns>
    internal static Errno Parse(ReadOnlySpan<byte> word) =>
        word.Length == sizeof(int) ? (Errno)BinaryPrimitives.ReadInt32LittleEndian(word) : Errno.Success;
}
