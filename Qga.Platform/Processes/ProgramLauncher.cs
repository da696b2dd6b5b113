using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.OwnProcess;
using Qga.Platform.Proc;

namespace Qga.Platform.Processes;

/// <summary>
/// The executable between the agent and a program: it gives itself the memory score of any process (<see cref="OutOfMemoryScore"/>) and
/// becomes the program, which so has it from its first instruction on, and all that it starts. Of a program that the guest's policy has decided
/// of it becomes the user first, if there is one, and then that very file, which it has as a descriptor.
/// </summary>
public static class ProgramLauncher
{
    private const string Name = "qga-exec";

    /// <summary>As that, for a file that it has as a descriptor.</summary>
    private const string NameForFile = "qga-exec-file";

    /// <summary>What a shell tells of a program that can't be run.</summary>
    private const int NotRun = 127;

    /// <summary>Before each variable of a program that is not to have an effect on this process.</summary>
    private const byte Mark = (byte)'+';

    private const string OwnUser = "-";

    /// <summary>Whether this process was started to be one.</summary>
    public static bool IsRequested => Environment.GetCommandLineArgs()[0] is Name or NameForFile;

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
        var errno = Environment.GetCommandLineArgs()[0] == NameForFile ? BecomeFile(file, command) : Become(file, command);
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

    /// <summary>The command line of one for a file that it inherits.</summary>
    /// <param name="report">As above.</param>
    /// <param name="file">The descriptor of the file; a program that is no script does not have it.</param>
    /// <param name="user">Who runs it; null for us.</param>
    /// <param name="arguments">The program's, its name first.</param>
    internal static byte[] CommandLine(int report, int file, ProgramUser? user, IEnumerable<string> arguments) => StringBlock.Of(
    [
        NameForFile, report.ToString(CultureInfo.InvariantCulture), file.ToString(CultureInfo.InvariantCulture), user?.Numbers ?? OwnUser,
        .. arguments,
    ]);

    /// <summary>
    /// The environment of a program as its launcher gets it: as long as that is root, nothing that the host says may have an effect on it, nor
    /// on the loader (ld.so(8)).
    /// </summary>
    internal static byte[] Conceal(ReadOnlySpan<byte> environment)
    {
        using var concealed = new MemoryStream(environment.Length + 64);
        while (!environment.IsEmpty)
        {
            concealed.WriteByte(Mark);
            concealed.Write(TakeString(ref environment));
        }

        return concealed.ToArray();
    }

    /// <summary>What <see cref="Conceal"/> was given.</summary>
    internal static byte[] Reveal(ReadOnlySpan<byte> concealed)
    {
        using var environment = new MemoryStream(concealed.Length);
        while (!concealed.IsEmpty)
        {
            if (TakeString(ref concealed) is [Mark, .. var variable])
                environment.Write(variable);
        }

        return environment.ToArray();
    }

    /// <summary>What one has told.</summary>
    /// <param name="word">All that it has written.</param>
    /// <returns>Why it has not become the program.</returns>
    internal static Errno Parse(ReadOnlySpan<byte> word) =>
        word.Length == sizeof(int) ? (Errno)BinaryPrimitives.ReadInt32LittleEndian(word) : Errno.Success;

    private static Errno Become(string file, string[] command)
    {
        var arguments = StringBlock.Of(command);

        // The runtime ignores some, and a program that is executed would go on doing so. It has others for itself, so nothing of it comes after.
        LibC.ResetSignals();
        return LibC.Become(file, arguments);
    }

    private static Errno BecomeFile(string number, string[] rest)
    {
        if (rest is not [var user, .. var command] || command.Length == 0
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor))
        {
            return Errno.EINVAL;
        }

        // Not to be read any more by whoever we become.
        var errno = KernelFile.Read("/proc/self/environ", out var concealed);
        var environment = Reveal(concealed);
        if (errno == Errno.Success)
            errno = LibC.CloseOnExec(descriptor);
        if (errno == Errno.Success && user != OwnUser)
            errno = BecomeUser(user);
        if (errno != Errno.Success)
            return errno;

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        var name = $"/proc/self/fd/{descriptor.ToString(CultureInfo.InvariantCulture)}";
        var arguments = StringBlock.Of(command);
        var ofShell = StringBlock.Of(["/bin/sh", name, .. command[1..]]);
        LibC.ResetSignals();
        errno = LibC.Become(file, arguments, environment);
        if (errno is not (Errno.ENOENT or Errno.ENOEXEC or Errno.ENOSYS or Errno.EPERM))
            return errno;

        // A script is read by its interpreter, which opens it by this name: it has the descriptor too. Without the call any program does.
        _ = LibC.PassOnExec(descriptor);
        errno = LibC.Become(name, arguments, environment);
        return errno == Errno.ENOEXEC ? LibC.Become("/bin/sh", ofShell, environment) : errno;
    }

    private static Errno BecomeUser(string numbers)
    {
        var texts = numbers.Split(':');
        var ids = new uint[texts.Length];
        for (var index = 0; index < ids.Length; index++)
            ids[index] = uint.Parse(texts[index], NumberStyles.None, CultureInfo.InvariantCulture);
        return ids.Length > 2 ? LibC.BecomeUser(ids[0], ids[1], ids.AsSpan(2)) : Errno.EINVAL;
    }

    /// <summary>Takes the next string, with its NUL.</summary>
    private static ReadOnlySpan<byte> TakeString(ref ReadOnlySpan<byte> block)
    {
        var length = block.IndexOf((byte)0) is >= 0 and var end ? end + 1 : block.Length;
        var text = block[..length];
        block = block[length..];
        return text;
    }
}
