using Qga.Platform.Native;
using Qga.Platform.Processes;
using Qga.Platform.Trust;

namespace Qga.Platform.Freeze;

/// <summary>The hook as a program of the guest: <c>PATH freeze</c> or <c>PATH thaw</c>; failures are in the words of qemu-ga.</summary>
/// <param name="path">The program; a plain name is looked up in PATH.</param>
/// <param name="limit">How long it may run before it is ended, together with its process group.</param>
public sealed class FreezeHook(string path, TimeSpan limit) : IFreezeHook
{
    /// <summary>Whether a path leads to the null device, by which administrators say that no hook is to run.</summary>
    public static bool IsNone(string path) => LibC.Status(path, out var status) == Errno.Success && status.IsNullDevice;

    public void Run(FreezeHookAction action, FreezeHookReason reason)
    {
        if (IsNone(path))
            return;

        // A path counts where nothing is yet: somebody else may put something there before it is run.
        var program = path.Contains('/') ? path : SystemPrograms.Find(path);
        if (program is not null && FileTrust.Weakness(program) is { } weakness)
            throw new FreezeHookException($"failed to execute fsfreeze hook: {path} must not run as root: {weakness}", wasKilled: false);

        var argument = action.Word();
        HelperResult result;
        try
        {
            result = HelperProgram.Run(path, [argument], limit, environment: EnvironmentFor(argument, reason));
        }
        catch (PlatformException failure)
        {
            throw new FreezeHookException(failure.Message, wasKilled: false);
        }

        if (!result.IsInTime)
        {
            var what = $"fsfreeze hook {path} has not finished \"{argument}\" within {limit.TotalSeconds} s and was ended";
            throw new FreezeHookException(result.Output.Length > 0 ? $"{what}: {result.Output}" : what, wasKilled: true);
        }

        if (result.Failure("execute fsfreeze hook") is { } reported)
            throw new FreezeHookException(reported, wasKilled: result.Signal != 0);
    }

    private byte[] EnvironmentFor(string argument, FreezeHookReason reason) => StringBlock.OfEnvironment(
        ("QGA_HOOK_ACTION", argument), ("QGA_HOOK_REASON", reason.Word()), ("QGA_HOOK_TIMEOUT", $"{Math.Ceiling(limit.TotalSeconds)}"));
}
