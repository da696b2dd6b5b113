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

    /// <summary>The longest answer on a stream that is taken; in bytes of JSON; 128 MiB. virsh and qm have limits of their own.</summary>
    public int LongestAnswer { get; init; } = 128 << 20;

    /// <summary>The program for <c>virsh:</c>, a path or a name that is looked up in PATH.</summary>
    public string VirshProgram { get; init; } = "virsh";

    /// <summary>The program for <c>qm:</c>, a path or a name that is looked up in PATH.</summary>
    public string QmProgram { get; init; } = "qm";

    /// <summary>Whose time the timeouts are.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <exception cref="ArgumentException">A time or a size is none.</exception>
    internal static void Check(GuestAgentOptions options)
    {
        foreach (var time in new[] { options.Timeout, options.ConnectTimeout, options.SilenceTimeout })
        {
            if (time <= TimeSpan.Zero || time > TimeSpan.FromDays(30))
                throw new ArgumentException($"{time} is no limit of time: more than nothing, and at most 30 days", nameof(options));
        }

        if (options.LongestAnswer is < 1024 or > 1 << 30)
            throw new ArgumentException($"the longest answer can't have {options.LongestAnswer} bytes: from 1 KiB to 1 GiB", nameof(options));
    }
}
