using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.State;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>What a guardian has to know, on its command line.</summary>
/// <param name="Devices">The devices of the mount points that it has inherited; 0:0 for one that no agent will ask for.</param>
/// <param name="Address">That of its socket, by which an agent finds the guardian of the one before it: a path, or the name of an abstract one; null
/// for none.</param>
/// <param name="Marker">The file that says that the guest is frozen; null if the guest is not, but for a filesystem whose freeze comes late.</param>
/// <param name="Hook">The program to run after the thaw; null for none.</param>
/// <param name="HookLimit">How long that may take.</param>
internal sealed record GuardianSettings(IReadOnlyList<DeviceNumber> Devices, string? Address, string? Marker, string? Hook, TimeSpan HookLimit)
{
    /// <summary>The name by which the executable knows that it is to be a guardian.</summary>
    internal const string ProgramName = "qga-freeze-guardian";

    /// <summary>The longest time that a host may ask for, but for none at all.</summary>
    internal static readonly TimeSpan LongestFreeze = TimeSpan.FromDays(30);

    /// <summary>The descriptor of the socket to the agent; the mount points follow it, and then the journal of the freeze, if it has one.</summary>
    internal const int ConnectionDescriptor = 3;

    internal const int FirstMountPointDescriptor = 4;

    internal static GuardianSettings? Parse(string[] arguments) => arguments is [var devices, var address, var marker, var hook, var limit]
        && ParseDevices(devices) is { } numbers
        && double.TryParse(limit, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        ? new GuardianSettings(numbers, NullIfEmpty(address), NullIfEmpty(marker), NullIfEmpty(hook), TimeSpan.FromSeconds(seconds))
        : null;

    private static List<DeviceNumber>? ParseDevices(string text)
    {
        List<DeviceNumber> numbers = [];
        if (text.Length == 0)
            return numbers;
        foreach (var range in text.AsSpan().Split(' '))
        {
            if (DeviceNumber.Parse(text.AsSpan()[range]) is not { } number)
                return null;
            numbers.Add(number);
        }

        return numbers;
    }

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;

    /// <summary>The command line, the program's name first.</summary>
    internal IReadOnlyList<string> ToCommandLine() =>
    [
        ProgramName, string.Join(' ', Devices), Address ?? "", Marker ?? "", Hook ?? "",
        HookLimit.TotalSeconds.ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>
    /// The marker of a guardian of this version, or one before it, by its command line, the program's name first; null for any other process.
    /// </summary>
    internal static string? MarkerOf(IReadOnlyList<string> commandLine) =>
        commandLine is [ProgramName, _, _, var marker, ..] ? NullIfEmpty(marker) : null;

    /// <summary>
    /// The abstract address of the guardian for a state directory, for want of a better one: anybody in the network namespace may take it.
    /// </summary>
    internal static string AbstractAddressFor(string stateDirectory) => $"{ProgramName}:{IdOf(stateDirectory)}";

    /// <summary>The address of the guardian for a state directory where only root can have one.</summary>
    internal static string PathFor(string stateDirectory) => $"{RuntimeDirectory.Path}/guardian-{IdOf(stateDirectory).Replace('/', '-')}.sock";

    /// <summary>One of its own whatever the path to the directory is; where there is none, the path must do.</summary>
    private static string IdOf(string stateDirectory) => LibC.Status(stateDirectory, out var status) == Errno.Success
        ? status.Identity
        : stateDirectory[^Math.Min(stateDirectory.Length, 80)..];
}
