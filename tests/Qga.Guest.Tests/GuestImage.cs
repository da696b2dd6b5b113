using Qga.Testing;

namespace Qga.Guest.Tests;

/// <summary>What a guest boots: Debian's kernel, and a root file system in memory with busybox, drivers and the agent.</summary>
public sealed record GuestImage(string Kernel, string RootFileSystem)
{
    private static readonly Lazy<string?> Missing = new(FindMissing);
    private static readonly Lazy<GuestImage> Built = new(Build);

    /// <summary>The agent that the guest gets: <c>QGA_BINARY</c>, or else the published one.</summary>
    public static string AgentBinary { get; } =
        Environment.GetEnvironmentVariable("QGA_BINARY") ?? Repository.PathOf(GuestArchitecture.Current.Agent);

    /// <summary>Why no guest can be booted here, or null.</summary>
    public static string? Unavailable => Missing.Value;

    public static GuestImage Current => Built.Value;

    private static string KernelFolder => Repository.PathOf(GuestArchitecture.Current.KernelFolder);

    private static string? FindMissing()
    {
        foreach (var tool in (string[])
            [GuestArchitecture.Current.Qemu, .. GuestArchitecture.Current.Tools, "busybox", "cpio", "depmod", "modprobe", "mkfs.ext4", "mkfs.xfs"])
        {
            if (HostTool.Find(tool) is null)
                return $"no guest: {tool} is not installed (make deps)";
        }

        if (!File.Exists(AgentBinary))
            return $"no guest: there is no agent at {AgentBinary} (make publish)";

        var fetch = Script("get-kernel", GuestArchitecture.Current.Name);
        return fetch.Status == 0 ? null : $"no guest: no kernel: {fetch.Error.Trim()}";
    }

    private static GuestImage Build()
    {
        var build = Script("build-initramfs", KernelFolder, AgentBinary, GuestArchitecture.Current.Name);
        return build.Status == 0
            ? new GuestImage(Directory.GetFiles(Path.Combine(KernelFolder, "boot"), "vmlinuz-*").Single(), build.Output.Trim())
            : throw new InvalidOperationException($"build-initramfs failed: {build.Error}");
    }

    private static (int Status, string Output, string Error) Script(string name, params IEnumerable<string> arguments) =>
        HostTool.Run(Repository.PathOf($"tests/guest/{name}"), arguments);
}
