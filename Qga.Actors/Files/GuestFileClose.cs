using Qga.Actors.Schema;
using Qga.Platform.Files;
using Qga.Transport.Protocol;

namespace Qga.Actors.Files;

/// <summary><c>guest-file-close</c>: closes a file; its handle is gone even if this reports an error.</summary>
public sealed record GuestFileClose(long Handle) : IFileHandleCommand
{
    public string AuditText => $"guest-file-close called, handle: {Handle}";

    public static GuestFileClose Parse(QmpArguments arguments) => new(arguments.Integer("handle"));

    public static CommandDescription Describe() => new("Closes a file.")
    {
        Since = "0.15",
        Arguments = [new("handle", "the file, as guest-file-open gave it")],
        Changes = "the handle is gone, even if this reports an error",
        Errors = [new("handle 'HANDLE' has not been found", "it is closed, never was open, or was opened before the agent started anew")],
    };

    public IQmpValue Execute(IGuestFile file)
    {
        file.Close();
        return QmpValue.Empty;
    }
}
