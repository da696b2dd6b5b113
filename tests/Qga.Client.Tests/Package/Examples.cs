using System.Diagnostics;

namespace Qga.Client.Tests.Package;

/// <summary>The examples of the package's README: each is the body of a method here, to the letter.</summary>
internal static class Examples
{
    internal static async Task CopyAFile(string[] args)
    {
        await using var guest = await GuestAgent.ConnectAsync(args[0]);      // unix:/run/vm1.sock, virsh:vm1, qm:101, ...
        var progress = new Progress<TransferProgress>(at => Console.Write($"\r{at.Phase} {at.Bytes} of {at.Total}"));
        var copied = await guest.Files.UploadAsync(args[1], args[2], new UploadOptions { Resume = true }, progress);
        Console.WriteLine($"\n{copied.Bytes} bytes, SHA-256 {copied.Sha256}, {copied.ResumedAt} of them from before");
    }

    internal static async Task RunAProgram(string[] args)
    {
        await using var guest = await GuestAgent.ConnectAsync(args[0]);
        using var output = Console.OpenStandardOutput();
        var run = await guest.RunAsync(args[1], args[2..], onOutput: chunk => output.Write(chunk.Data.Span));
        Environment.ExitCode = run.Exit.ShellCode;
    }

    internal static async Task FreezeForASnapshot(string[] args)
    {
        await using var guest = await GuestAgent.ConnectAsync(args[0]);
        await guest.WhileFrozenAsync(
            async (frozen, cancel) =>
            {
                using var snapshot = Process.Start(args[1], args[2..]);
                await snapshot.WaitForExitAsync(cancel);
                Environment.ExitCode = snapshot.ExitCode;
            },
            timeout: TimeSpan.FromMinutes(1));
    }
}
