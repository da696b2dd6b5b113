using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform;
using Qga.Platform.Audit;
using Qga.Platform.Files;
using Qga.Platform.Policy;
using Qga.Transport.Protocol;

namespace Qga.Actors.Files;

/// <summary><c>guest-file-open</c>: opens a file in the guest and returns a handle for it.</summary>
public sealed record GuestFileOpen(string Path, string Mode) : ICommand
{
    public string AuditText => $"guest-file-open called, filepath: {Path}, mode: {Mode}";

    /// <summary>Whether it may make or empty the file, or leads to writing. To read changes nothing.</summary>
    public bool Changes => OpenMode.TryParse(Mode)?.Plain is not (null or "r");

    public void Tell(AuditMembers what, bool hasArguments) => what.Add("path", Path).Add("mode", Mode);

    public PolicyRequest Facts(PolicyRequest request) => request with { OpenMode = OpenMode.TryParse(Mode)?.Plain };

    public static GuestFileOpen Parse(QmpArguments arguments) =>
        new(arguments.String("path"), arguments.OptionalString("mode") ?? "r");

    public static CommandDescription Describe() => new("Opens a file in the guest and returns a handle for it.")
    {
        Since = "0.15",
        Arguments =
        [
            new("path", "the file"),
            new("mode", "what for, as fopen(3) has it") { Default = "r", Words = OpenMode.Words, ElementType = "GuestFileMode" },
        ],
        Result = SchemaType.Integer,
        Changes = "the file is made (mode 0644) or emptied, if the mode says so",
        Errors =
        [
            new("failed to open file 'PATH' (mode: 'MODE'): REASON", "the guest refuses"),
            new("invalid file open mode 'MODE'", "there is no such mode"),
        ],
        Notes =
        [
            "The result is the handle: a number that was never given before, restarts of the agent included. "
                + "It lives until guest-file-close or the end of the agent, whichever client asked for it.",
            "No call on the file waits for a device or for the other end of a FIFO.",
            "qemu-ga makes files with mode 0666.",
        ],
    };

    /// <param name="files">Opens it.</param>
    /// <param name="judge">Decides of the file; null if that is done.</param>
    /// <exception cref="CommandException">There is no such mode.</exception>
    /// <exception cref="PlatformException">The file can't be opened, or its handle can't be noted on disk.</exception>
    public OpenedFile Open(FileOpening files, FileJudge? judge = null)
    {
        var mode = OpenMode.TryParse(Mode) ?? throw new CommandException($"invalid file open mode '{Mode}'");
        var file = files.Opener.Open(Path, mode, judge);
        try
        {
            return new OpenedFile(files.NextHandle(), file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}

/// <summary>What opening files takes.</summary>
/// <param name="Opener">Opens them.</param>
/// <param name="NextHandle">Gives a handle that was never given before, restarts included; throws if that can't be kept so.</param>
public sealed record FileOpening(IGuestFileOpener Opener, Func<long> NextHandle);

/// <summary>An open file with its handle, which is all that the host sees of it.</summary>
public sealed record OpenedFile(long Handle, IGuestFile File) : IQmpValue, IAuditedResult
{
    public void Tell(AuditMembers members) => members.Add("handle", Handle);

    public void WriteTo(QmpWriter json) => json.WriteValue(Handle);
}

/// <summary>A command on an open file.</summary>
public interface IFileHandleCommand : ICommand<IGuestFile>
{
    long Handle { get; }

    void ICommand.Tell(AuditMembers what, bool hasArguments) => what.Add("handle", Handle);
}
