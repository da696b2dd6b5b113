namespace Qga.Client;

/// <summary>How long a guest is waited for, how much is taken from it, and by which programs.</summary>
public sealed record GuestAgentOptions
{
    /// <summary>
    /// How long a request may take, from its turn on the stream to its answer; a minute. Commands that may take longer have their own time, if
    /// this is shorter: ten minutes for a freeze, a thaw and a trim, as long as the agent allows itself for others.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a new <see cref="GuestAgent"/> waits for its first answer; ten seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the failure of a command is waited for whose success is not answered (<c>guest-shutdown</c>, <c>guest-suspend-*</c>); ten seconds.
    /// </summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After how long a stream that nobody uses is closed, to be opened anew by the next request; null for never, at most 30 days. While a stream is
    /// open nobody else has the agent: the services of Proxmox VE, which freeze the guest for a backup, fail meanwhile.
    /// </summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>
    /// The longest answer on a stream that is taken, whatever was asked for; in bytes of JSON, from 1 KiB to 1 GiB; 128 MiB. It is less where less
    /// is enough: 44 MiB for the output of programs, what a read of a file takes, and 10 MiB for all else. virsh has a limit of its own.
    /// </summary>
    public int LongestAnswer { get; init; } = 128 << 20;

    /// <summary>
    /// Whether <see cref="GuestCommands.SetUserPasswordAsync"/> by <c>virsh:</c> takes passwords that are not encrypted, which everybody on this host
    /// can see among the arguments of virsh.
    /// </summary>
    public bool AllowsPasswordsAsArguments { get; init; }

    /// <summary>The program for <c>virsh:</c>, a path or a name that is looked up in PATH, never in the current directory.</summary>
    public string VirshProgram { get; init; } = "virsh";

    /// <summary>The program for <c>qm:</c>, a path or a name that is looked up in PATH, never in the current directory.</summary>
    public string QmProgram { get; init; } = "qm";

    /// <summary>Whose time the timeouts are.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The longest time that can be waited for.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <exception cref="ArgumentException">A time or a size is none.</exception>
    internal static void Check(GuestAgentOptions options)
    {
        foreach (var time in new[] { options.Timeout, options.ConnectTimeout, options.SilenceTimeout, options.IdleTimeout ?? options.Timeout })
        {
            if (time <= TimeSpan.Zero || time > Longest)
                throw new ArgumentException($"{time} is no limit of time: more than nothing, and at most 30 days", nameof(options));
        }

        if (options.LongestAnswer is < 1024 or > 1 << 30)
            throw new ArgumentException($"the longest answer can't have {options.LongestAnswer} bytes: from 1 KiB to 1 GiB", nameof(options));
    }
}
