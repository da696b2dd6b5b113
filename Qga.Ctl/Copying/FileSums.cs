using Qga.Client;
using Qga.Ctl.Guests;

namespace Qga.Ctl.Copying;

/// <summary>Whether a file is the same at both ends, for a copy that goes on.</summary>
internal static class FileSums
{
    private const string SumOfFile = GuestShell.Sum + """

        [ -f "$1" ] && [ "$(wc -c < "$1")" -eq "$2" ] && [ -n "$by" ] || exit 0
        sum < "$1"
        """;

    /// <summary>Whether the guest has a file of the same size and SHA-256; false as well if it can't tell.</summary>
    internal static async Task<bool> AreSameAsync(GuestAgent guest, string guestPath, string path, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.LinkTarget is not null)
            return false;
        try
        {
            var sum = (await GuestScript.RunAsync(guest, SumOfFile, [guestPath, $"{file.Length}"], cancellationToken)).Trim();
            if (sum.Length == 0)
                return false;
            await using var content = file.OpenRead();
            return sum == await Sha256Sum.OfAsync(content, cancellationToken);
        }
        catch (Exception failure) when (failure is QgaCommandException or QgaGuestException or QgaUnsupportedException)
        {
            return false;
        }
    }
}
