using Qga.Actors.Schema;
using Qga.Platform.Files;
using Qga.Transport.Protocol;

namespace Qga.Actors.Files;

/// <summary><c>guest-file-flush</c>: has nothing to do, since no write is kept back (see <see cref="IGuestFile"/>).</summary>
public sealed record GuestFileFlush(long Handle) : IFileHandleCommand
{
    public static GuestFileFlush Parse(QmpArguments arguments) => new(arguments.Integer("handle"));

    public static CommandDescription Describe() => new("Has written what is buffered, which is nothing: writes are not kept back.")
    {
        Since = "0.15",
        Arguments = [new("handle", "the file, as guest-file-open gave it")],
        Errors = [new("handle 'HANDLE' has not been found", "it is closed, never was open, or was opened before the agent started anew")],
        Notes = ["It does not ask the guest to bring the file to its disk."],
    };

    public IQmpValue Execute(IGuestFile file) => QmpValue.Empty;
}
