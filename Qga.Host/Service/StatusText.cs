using System.Globalization;
using Qga.Host.CommandLine;
using Qga.Platform.Freeze;

namespace Qga.Host.Service;

/// <summary>The line that the service manager shows of the agent.</summary>
internal static class StatusText
{
    /// <param name="options">Name the channel.</param>
    /// <param name="isOpen">Whether the channel could be opened yet.</param>
    internal static string OfServing(AgentOptions options, bool isOpen)
    {
        var channel = options.Path is null ? options.Method : $"{options.Method} {options.Path}";
        return isOpen ? $"serving {channel}" : $"waiting for {channel}";
    }

    /// <remarks>In UTC: the guest's time zone is in a file, which may be on a frozen filesystem.</remarks>
    /// <param name="frozen">Since when, and until when.</param>
    /// <param name="ignoredSignal">Whether the agent was told to end, and did not: its log says so only after the thaw.</param>
    internal static string OfFrozen(FrozenSpan frozen, bool ignoredSignal)
    {
        var end = frozen.Until is { } until ? $"thaws at {Text(until)}" : "without a deadline";
        return $"frozen since {Text(frozen.Since)}, {end}{(ignoredSignal ? "; a signal to end was ignored" : "")}";
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
