using Qga.Actors.Commands;
using Qga.Platform.Identity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Identity;

/// <summary><c>guest-get-osinfo</c>: the kernel and the distribution.</summary>
public sealed record GuestGetOsinfo : ICommand<IGuestIdentity>
{
    public static GuestGetOsinfo Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(IGuestIdentity guest) => QmpValue.ObjectOf(guest.OperatingSystem, static (json, system) =>
    {
        json.WriteMember("kernel-release", system.KernelRelease);
        json.WriteMember("kernel-version", system.KernelVersion);
        json.WriteMember("machine", system.Machine);
        json.WriteOptionalMember("id", system.Id);
        json.WriteOptionalMember("name", system.Name);
        json.WriteOptionalMember("pretty-name", system.PrettyName);
        json.WriteOptionalMember("version", system.Version);
        json.WriteOptionalMember("version-id", system.VersionId);
        json.WriteOptionalMember("variant", system.Variant);
        json.WriteOptionalMember("variant-id", system.VariantId);
    });
}
