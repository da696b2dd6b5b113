namespace Qga.Platform.Identity;

/// <summary>What the guest is: its names, its system, who is logged in.</summary>
public interface IGuestIdentity
{
    /// <summary>The host name as it is now, which may be fully qualified or not.</summary>
    string HostName { get; }

    /// <summary>The users that are logged in, each once, in the order of their first login on record.</summary>
    /// <exception cref="PlatformException">What tells of them is there, but can't be read.</exception>
    IReadOnlyList<LoggedInUser> Users { get; }

    /// <summary>The local time zone as it is now.</summary>
    LocalTimeZone TimeZone { get; }

    /// <summary>The system, as far as it tells.</summary>
    OperatingSystemInfo OperatingSystem { get; }
}

/// <summary>A user that is logged in.</summary>
/// <param name="Name">The name of the account.</param>
/// <param name="LoginTime">The earliest login that still lasts, in seconds since 1970 UTC.</param>
public sealed record LoggedInUser(string Name, double LoginTime);

/// <summary>What holds in a time zone now, be it summer or winter.</summary>
/// <param name="Abbreviation">Such as CET; null if there is none.</param>
/// <param name="Offset">Seconds east of UTC.</param>
public sealed record LocalTimeZone(string? Abbreviation, int Offset);

/// <summary>The kernel, and the fields of os-release(5); null is a field that is not there.</summary>
public sealed record OperatingSystemInfo(string KernelRelease, string KernelVersion, string Machine)
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? PrettyName { get; init; }

    public string? Version { get; init; }

    public string? VersionId { get; init; }

    public string? Variant { get; init; }

    public string? VariantId { get; init; }
}
