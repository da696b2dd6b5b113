using Qga.Platform.Files;
using Qga.Transport.Protocol;

namespace Qga.Actors.Files;

/// <summary><c>guest-file-close</c>: closes a file; its handle is gone even if this reports an error.</summary>
public sealed record GuestFileClose(long Handle) : IFileHandleCommand
{
    public string Account => $"guest-file-close called, handle: {Handle}";

    public static GuestFileClose Parse(QmpArguments arguments) => new(arguments.Integer("handle"));

    public IQmpValue Execute(IGuestFile file)
    {
        file.Close();
        return QmpValue.Empty;
    }
}
