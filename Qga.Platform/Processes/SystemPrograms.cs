using Qga.Platform.Native;
using Qga.Platform.OwnProcess;

namespace Qga.Platform.Processes;

/// <summary>Where the programs of the guest's system are: distributions differ in it, and an agent may be started with any PATH, or none.</summary>
internal static class SystemPrograms
{
    /// <summary>Those of the FHS, NixOS and Guix.</summary>
    private const string UsualDirectories =
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:"
        + "/run/current-system/sw/bin:/run/current-system/profile/sbin:/run/current-system/profile/bin";

    /// <summary>The directories of PATH, then the usual ones, separated by colons. What is relative is left out: root runs nothing of it.</summary>
    public static string SearchPath { get; } = string.Join(':', $"{Invocation.Variable("PATH")}:{UsualDirectories}"
        .Split(':').Where(directory => directory.StartsWith('/')).Distinct());

    /// <summary>Finds a program.</summary>
    /// <param name="program">Its path; a plain name is looked up.</param>
    /// <returns>Its path; null if there is nothing to execute.</returns>
    public static string? Find(string program) => program.Contains('/')
        ? IsProgram(program) ? program : null
        : SearchPath.Split(':').Select(directory => $"{directory}/{program}").FirstOrDefault(IsProgram);

    /// <summary>Whether a program is run by an interpreter that it names, see execve(2).</summary>
    public static bool IsScript(string path)
    {
        Span<byte> start = stackalloc byte[2];
        var errno = LibC.Open(path, LibC.O_RDONLY, out var file);
        using (file)
            return errno == Errno.Success && LibC.Read(file, start, out var count) == Errno.Success && start[..count].SequenceEqual("#!"u8);
    }

    private static bool IsProgram(string path) =>
        LibC.IsExecutable(path) == Errno.Success && LibC.Status(path, out var status) == Errno.Success && status.IsRegularFile;
}
