using Qga.Platform.Native;
using Qga.Platform.Processes;

namespace Qga.Platform.Freeze;

/// <summary>The hook as a program of the guest: <c>PATH freeze</c> or <c>PATH thaw</c>; failures are in the words of qemu-ga.</summary>
/// <param name="path">The program; a plain name is looked up in PATH.</param>
/// <param name="limit">How long it may run before it is ended, together with its process group.</param>
public sealed class FreezeHook(string path, TimeSpan limit) : IFreezeHook
{
    /// <summary>How long a killed hook has for its end; one that is stuck in the kernel would not be in time for ours.</summary>
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(2);

    public void Run(FreezeHookAction action, FreezeHookReason reason)
    {
        var argument = action == FreezeHookAction.Freeze ? "freeze" : "thaw";
        try
        {
            using var process = Start(argument, EnvironmentFor(argument, reason));
            var isInTime = process.WaitForEnd(limit);
            if (!isInTime)
            {
                process.Kill();
                process.WaitForEnd(KillPatience);
            }

            // The C strings of qemu-ga end at the first NUL.
            var output = process.Output.Split('\0')[0];
            if (!isInTime)
                throw Failure($"fsfreeze hook {path} has not finished \"{argument}\" within {limit.TotalSeconds} s and was ended", output, true);
            if (process.Signal != 0)
                throw Failure("child process has terminated abnormally", output, true);
            if (process.ExitCode != 0)
                throw Failure("child process has failed to execute fsfreeze hook", output.Length > 0 ? output : $"exit status {process.ExitCode}");
        }
        catch (PlatformException failure)
        {
            throw Failure(failure.Message);
        }
    }

    private HookProcess Start(string argument, byte[] environment)
    {
        var errno = HookProcess.Start(path, StringBlock.Of(path, argument), environment, out var process);

        // A script without a first line that names its interpreter is one for the shell, as execvp(3) has it.
        if (errno == Errno.ENOEXEC)
            errno = HookProcess.Start("/bin/sh", StringBlock.Of("/bin/sh", path, argument), environment, out process);

        return process ?? throw (errno is Errno.EAGAIN or Errno.ENOMEM
            ? Failure("failed to create child process", LibC.TextOf(errno))
            : Failure("child process has failed to execute fsfreeze hook", $"failed to exec '{path}': {LibC.TextOf(errno)}\n"));
    }

    private byte[] EnvironmentFor(string argument, FreezeHookReason reason)
    {
        var why = reason switch
        {
            FreezeHookReason.Request => "request",
            FreezeHookReason.Failure => "failure",
            FreezeHookReason.Deadline => "deadline",
            _ => "exit",
        };
        return StringBlock.OfEnvironment(
            ("QGA_HOOK_ACTION", argument), ("QGA_HOOK_REASON", why), ("QGA_HOOK_TIMEOUT", $"{Math.Ceiling(limit.TotalSeconds)}"));
    }

    private static FreezeHookException Failure(string what, string details = "", bool wasKilled = false) =>
        new(details.Length > 0 ? $"{what}: {details}" : what, wasKilled);
}
