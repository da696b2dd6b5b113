using Qga.Host.CommandLine;
using Qga.Platform.Diagnosis;
using Qga.Platform.Streams;
using Qga.Platform.Trust;

namespace Qga.Host.Check;

/// <summary>Whether the host has given the guest the channel that the agent is to serve, and how it would.</summary>
internal static class ChannelCheck
{
    private const string Subject = "channel";

    internal static IEnumerable<Finding> Run(AgentOptions options)
    {
        var path = options.Path;
        var isThere = options.Method switch
        {
            "virtio-serial" => path is not null && FileTrust.Exists(VirtioPorts.DeviceOf(path)),
            "isa-serial" => path is not null && FileTrust.Exists(path),
            "vsock-listen" => FileTrust.Exists("/dev/vsock"),
            "unix-listen" => path is null || FileTrust.HasDirectory(path),
            _ => false,
        };
        yield return isThere
            ? new Finding(Severity.Ok, Subject, $"{options.Method} {path} is there")
            : new Finding(Severity.Error, Subject, options.Method switch
            {
                "virtio-serial" when VirtioPorts.DeviceOf(path!) is var device && device != path =>
                    $"the guest has the port {path}, but its device {device} is missing: mount a devtmpfs on /dev, or make it by mknod",
                "virtio-serial" => $"there is no port {path}{OtherPorts()}. The host adds it with {PortOptions(path!)}",
                "isa-serial" => $"there is no serial line {path}. The host adds one with the QEMU options -chardev socket,id=qga0,"
                    + "path=/run/qga-host.sock,server=on,wait=off -device isa-serial,chardev=qga0",
                "vsock-listen" => "the guest has no vsock. The host adds one with the QEMU option -device vhost-vsock-pci,guest-cid=3",
                "unix-listen" => $"the directory of {path} is missing",
                var method => $"unsupported channel method/type: {method}",
            });
    }

    private static string OtherPorts() => VirtioPorts.Names() is { Count: > 0 } names
        ? $" (there is {string.Join(", ", names)})"
        : "";

    private static string PortOptions(string path)
    {
        var name = path.StartsWith(VirtioPorts.Links, StringComparison.Ordinal) ? path[VirtioPorts.Links.Length..] : Path.GetFileName(path);
        return "the QEMU options -device virtio-serial -chardev socket,id=qga0,path=/run/qga-host.sock,server=on,wait=off "
            + $"-device virtserialport,chardev=qga0,name={name}; "
            + $"in libvirt with <channel type='unix'><target type='virtio' name='{name}'/></channel>";
    }
}
