using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Identity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Identity;

/// <summary><c>guest-get-osinfo</c>: the kernel and the distribution.</summary>
public sealed record GuestGetOsinfo : ICommand<IGuestIdentity>
{
    public static GuestGetOsinfo Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells the guest's kernel and distribution.")
    {
        Since = "2.10",
        Result = SchemaType.StructureOf(
            "GuestOSInfo",
            "The operating system; what os-release(5) doesn't say is left out.",
            new("kernel-release", SchemaType.Text, "the release of the kernel, uname(2)"),
            new("kernel-version", SchemaType.Text, "the version of the kernel, uname(2)"),
            new("machine", SchemaType.Text, "the kind of the machine, uname(2)"),
            new("id", SchemaType.Text, "ID of os-release(5)") { IsOptional = true },
            new("name", SchemaType.Text, "NAME") { IsOptional = true },
            new("pretty-name", SchemaType.Text, "PRETTY_NAME") { IsOptional = true },
            new("version", SchemaType.Text, "VERSION") { IsOptional = true },
            new("version-id", SchemaType.Text, "VERSION_ID") { IsOptional = true },
            new("variant", SchemaType.Text, "VARIANT") { IsOptional = true },
            new("variant-id", SchemaType.Text, "VARIANT_ID") { IsOptional = true }),
    };

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
