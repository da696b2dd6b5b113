using Qga.Platform.Files;
using Qga.Transport.Protocol;

namespace Qga.Actors.Files;

/// <summary><c>guest-file-flush</c>: has nothing to do, since no write is kept back (see <see cref="IGuestFile"/>).</summary>
public sealed record GuestFileFlush(long Handle) : IFileHandleCommand
{
    public static GuestFileFlush Parse(QmpArguments arguments) => new(arguments.Integer("handle"));

    public IQmpValue Execute(IGuestFile file) => QmpValue.Empty;
}
