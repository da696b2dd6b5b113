using Qga.Platform.Native;
using Qga.Platform.OwnProcess;
using Qga.Platform.Proc;

namespace Qga.Platform.Identity;

/// <summary>What the guest is: its names, its system, who is logged in, of a Linux guest.</summary>
public sealed class LinuxGuestIdentity : IGuestIdentity
{
    /// <summary>
    /// Where logins are: /var/run leads to /run, but for very old systems, which have only the former; the last is that of utmps, as with Alpine.
    /// </summary>
    private static readonly string[] LoginFiles = ["/run/utmp", "/var/run/utmp", "/run/utmps/utmp"];

    private readonly string _root;
    private readonly string? _osRelease;

    public LinuxGuestIdentity()
        : this(root: "", Invocation.Variable("QGA_OS_RELEASE"))
    {
    }

    /// <param name="root">What goes before the path of every file.</param>
    /// <param name="osRelease">The one os-release file to read; null is the system's.</param>
    internal LinuxGuestIdentity(string root, string? osRelease) => (_root, _osRelease) = (root, osRelease);

    public string HostName => LibC.SystemName().NodeName;

    /// <remarks>
    /// Where utmp tells of nobody, logind may all the same: distributions give utmp up, or leave it with the records of their boot
    /// and their terminals only.
    /// </remarks>
    public IReadOnlyList<LoggedInUser> Users
    {
        get
        {
            foreach (var path in LoginFiles)
            {
                if (Earliest(Utmp.Read(_root, path)) is { Count: > 0 } users)
                    return users;
            }

            return Earliest(LogindSessions.Read($"{_root}/run/systemd/sessions"));
        }
    }

    public LocalTimeZone TimeZone
    {
        get
        {
            LibC.LocalTime(LibC.RealTime().Seconds, out var now);
            return new LocalTimeZone(now.ZoneName is { Length: > 0 } name ? name : null, (int)now.Offset);
        }
    }

    public OperatingSystemInfo OperatingSystem
    {
        get
        {
            var system = LibC.SystemName();
            var fields = AssignmentFile.Parse(ReadOsRelease());
            return new OperatingSystemInfo(system.Release, system.Version, system.Machine)
            {
                Id = fields.GetValueOrDefault("ID"),
                Name = fields.GetValueOrDefault("NAME"),
                PrettyName = fields.GetValueOrDefault("PRETTY_NAME"),
                Version = fields.GetValueOrDefault("VERSION"),
                VersionId = fields.GetValueOrDefault("VERSION_ID"),
                Variant = fields.GetValueOrDefault("VARIANT"),
                VariantId = fields.GetValueOrDefault("VARIANT_ID"),
            };
        }
    }

    private static List<LoggedInUser> Earliest(IEnumerable<LoggedInUser> logins)
    {
        var users = new OrderedDictionary<string, double>();
        foreach (var (name, time) in logins)
        {
            if (!users.TryAdd(name, time) && time < users[name])
                users[name] = time;
        }

        return [.. users.Select(user => new LoggedInUser(user.Key, user.Value))];
    }

    /// <summary>os-release(5): the file in /etc goes before the one in /usr/lib. One that can't be read has no fields.</summary>
    private byte[] ReadOsRelease()
    {
        if (_osRelease is not null)
        {
            _ = KernelFile.Read(_osRelease, out var named);
            return named;
        }

        if (KernelFile.Read($"{_root}/etc/os-release", out var content) != Errno.Success)
            _ = KernelFile.Read($"{_root}/usr/lib/os-release", out content);
        return content;
    }
}
