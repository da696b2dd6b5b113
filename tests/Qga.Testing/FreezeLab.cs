namespace Qga.Testing;

/// <summary>
/// The one place where filesystems are frozen: a mount namespace whose root is a tmpfs, with filesystems of its own on image
/// files, and a pid namespace. Nothing of the machine is mounted in it, so nothing of the machine can be frozen from there, and no
/// process of the machine is seen there. Its first process holds it, and all of it ends with that one.
/// </summary>
public sealed class FreezeLab : IDisposable
{
    private static readonly Lazy<string?> Reason = new(Try);

    private readonly ScratchDirectory _scratch = new();
    private readonly List<FreezeLabVolume> _volumes = [];
    private readonly HashSet<string> _devices = [];
    private readonly HashSet<string> _installed = [];
    private readonly RunningProcess _holder;

    public FreezeLab()
    {
        try
        {
            _holder = RunningProcess.ByWayOf(
                "unshare",
                ["--mount", "--pid", "--fork", "--kill-child", Repository.PathOf("tests/freeze-lab/hold"), _scratch.Root, $"{Environment.ProcessId}"]);
            _holder.AwaitOutput("ready");
            Guard();
        }
        catch
        {
            // Nothing is known of the place yet but its holder, with which it ends.
            _holder?.Dispose();
            _scratch.Dispose();
            throw;
        }
    }

    /// <summary>Why there can be none here, null if there can.</summary>
    public static string? UnavailableReason => Reason.Value;

    /// <summary>What is mounted by <see cref="Mount"/> and still there, in this order.</summary>
    public IReadOnlyList<FreezeLabVolume> Volumes => _volumes;

    /// <summary>The processes of the lab, but for the one that holds it.</summary>
    public IReadOnlyList<FreezeLabProcess> Processes => [.. FreezeLabProcess.In(Namespace).Where(process => process.Pid != _holder.Pid)];

    /// <summary>A lab with one filesystem of each kind, as far as the kernel has it, and with those that can't be frozen.</summary>
    public static FreezeLab Furnished()
    {
        var lab = new FreezeLab();
        try
        {
            foreach (var type in new[] { "ext4", "xfs", "btrfs", "vfat", "squashfs" }.Where(Supports))
                lab.Mount(type, $"/mnt/{type}");
            lab.Mount("ext4", "/mnt/readonly", options: "ro");
            lab.Mount("ext4", "/mnt/ext4/inner", image: "/mnt/ext4/inner.img");
            lab.Run("mkdir /mnt/ext4/upper /mnt/ext4/work /mnt/bound /mnt/overlay && mount --bind /mnt/ext4 /mnt/bound");
            if (Supports("overlay"))
                lab.Run("mount -t overlay -o lowerdir=/etc,upperdir=/mnt/ext4/upper,workdir=/mnt/ext4/work overlay /mnt/overlay");
            return lab;
        }
        catch
        {
            lab.Dispose();
            throw;
        }
    }

    public static bool Supports(string type) =>
        File.ReadLines("/proc/filesystems").Any(line => line.Split('\t')[^1] == type) || ProcessRun.Of("modprobe", ["-q", type]).ExitCode == 0;

    /// <summary>How a path in the lab is reached from outside.</summary>
    public string PathOf(string path) => $"/proc/{_holder.Pid}/root{path}";

    /// <summary>Makes a filesystem in an image file, which is in memory unless a place in the lab is given, and mounts it.</summary>
    public FreezeLabVolume Mount(string type, string mountPoint, string? image = null, string options = "rw") =>
        MountImage(type, mountPoint, MakeImage(type, image), options);

    /// <summary>Mounts what is in an image file of the lab.</summary>
    public FreezeLabVolume MountImage(string type, string mountPoint, string image, string options = "rw")
    {
        var device = Attach(image);
        Run($"mkdir -p {mountPoint} && mount -t {type} -o {options} /dev/{device} {mountPoint} && {Detach(device)}");
        return Add(type, mountPoint, device);
    }

    /// <summary>Mounts an NTFS by its daemon in user space, which can be stopped.</summary>
    public (FreezeLabVolume Volume, RunningProcess Daemon) MountNtfs(string mountPoint)
    {
        Install("ntfs-3g");
        var device = Attach(MakeImage("ntfs", image: null));
        Run($"mkdir -p {mountPoint}");
        var daemon = Start("/bin/ntfs-3g", "-o", "no_detach", $"/dev/{device}", mountPoint);
        AwaitMounted(mountPoint, daemon);
        Run(Detach(device));
        return (Add("fuseblk", mountPoint, device), daemon);
    }

    /// <summary>Shows a folder of the lab at a second place by way of a daemon, which can be stopped.</summary>
    public RunningProcess MountBindfs(string folder, string mountPoint)
    {
        Install("bindfs");
        Run($"mkdir -p {folder} {mountPoint}");
        var daemon = Start("/bin/bindfs", "-f", "-o", "entry_timeout=0,attr_timeout=0", folder, mountPoint);
        AwaitMounted(mountPoint, daemon);
        return daemon;
    }

    /// <summary>Has a volume at another place only, which makes it the last in the list of mounts.</summary>
    public FreezeLabVolume Move(FreezeLabVolume volume, string mountPoint)
    {
        Run($"mkdir -p {mountPoint} && mount --bind {volume.MountPoint} {mountPoint}");
        Unmount(volume.MountPoint);
        return Add(volume.Type, mountPoint, volume.Device);
    }

    /// <summary>Unmounts a volume, or one of its places; what is open there stays usable.</summary>
    public void Unmount(string mountPoint)
    {
        Run($"umount -l {mountPoint}");
        foreach (var volume in _volumes.FindAll(volume => volume.MountPoint == mountPoint))
        {
            volume.Dispose();
            _volumes.Remove(volume);
        }
    }

    /// <summary>Puts a program of the machine, with the libraries that it names, into the lab.</summary>
    public void Install(string program, string? target = null)
    {
        if (!_installed.Add(program))
            return;
        var path = ToolFactAttribute.Find(program) ?? throw new FileNotFoundException(program);
        Copy(path, target ?? $"/bin/{program}");
        foreach (var library in SharedLibraries.Of(path))
            Copy(library, library);
    }

    /// <summary>Copies a file of the machine into the lab, or anew.</summary>
    public void Copy(string file, string target)
    {
        // A child of ours that is just being started could hold on to what we write, and then it could not be run.
        Succeeded(ProcessRun.Of("install", ["-D", file, PathOf(target)]));
    }

    /// <summary>Makes a program of a shell script.</summary>
    public void WriteProgram(string path, string script) => Copy(_scratch.Write("program", $"#!/bin/sh\n{script}\n"), path);

    /// <summary>Starts a program in the lab; its number is that on the machine.</summary>
    public RunningProcess Start(params IEnumerable<string> command)
    {
        Guard();
        return RunningProcess.ByWayOf("busybox", Entering(command));
    }

    /// <summary>Runs a shell script in the lab, which must succeed.</summary>
    /// <returns>What it wrote.</returns>
    public string Run(string script)
    {
        Guard();
        return Succeeded(ProcessRun.Of("busybox", Entering(["/bin/sh", "-c", script]))).Output;
    }

    /// <summary>Asserts that every filesystem takes writes.</summary>
    public void WriteEverywhere()
    {
        var places = string.Join(' ', _volumes.Where(volume => volume.IsWritable).Select(volume => volume.MountPoint));
        using var writer = Start("/bin/sh", "-ec", $"for place in {places}; do echo text > $place/written; rm $place/written; done");
        if (writer.WaitForExit() != 0)
            throw new InvalidOperationException(writer.Output);
    }

    /// <summary>Ends what runs in the lab and thaws what is frozen, for the next test.</summary>
    public void Reset()
    {
        // A daemon of a filesystem is no agent; what hangs until it goes on can't end either. Who is being killed may just have started another.
        foreach (var process in Processes)
            process.Send(Signal.Continue);
        Eventually.True(() =>
        {
            var agents = Processes.Where(process => process is { IsFileSystem: false, IsAlive: true }).ToList();
            agents.ForEach(agent => agent.Send(Signal.Kill));
            _volumes.ForEach(volume => volume.Thaw());
            return agents.Count == 0;
        });
    }

    public void Dispose()
    {
        if (!_holder.HasExited)
        {
            Reset();
            _holder.TrySend(Signal.Terminate);
            _holder.WaitForExit();
        }

        _volumes.ForEach(volume => volume.Dispose());
        _holder.Dispose();
        _scratch.Dispose();
    }

    private string Namespace =>
        FreezeLabProcess.NamespaceOf(_holder.Pid) ?? throw new InvalidOperationException($"the lab is gone: {_holder.Output}");

    /// <summary>A device that is in use stays until it is not.</summary>
    private static string Detach(string device) => $"losetup -d /dev/{device}";

    private static ProcessRun Succeeded(ProcessRun run) => run.ExitCode == 0 ? run : throw new InvalidOperationException($"{run}");

    private static string? Try()
    {
        if (!Environment.IsPrivilegedProcess)
            return "only root may freeze";
        try
        {
            using var lab = new FreezeLab();
            lab.Mount("ext4", "/mnt/ext4").Freeze();
            return null;
        }
        catch (Exception failure)
        {
            return $"no filesystem can be frozen here: {failure.Message}";
        }
    }

    private string[] Entering(IEnumerable<string> command) => ["nsenter", "-t", $"{_holder.Pid}", "-m", "-p", "--", .. command];

    private string MakeImage(string type, string? image)
    {
        image ??= $"/images/{_devices.Count}";
        FreezeLabVolume.MakeFileSystem(type, PathOf(image));
        return image;
    }

    private string Attach(string image)
    {
        var device = Run($"/lab/attach {image}").TrimEnd('\n');
        _devices.Add(device);
        return device;
    }

    private FreezeLabVolume Add(string type, string mountPoint, string device)
    {
        var volume = new FreezeLabVolume(type, mountPoint, device, PathOf(mountPoint));
        _volumes.Add(volume);
        return volume;
    }

    private void AwaitMounted(string mountPoint, RunningProcess daemon) => Eventually.True(
        () => Mounts().Any(mount => mount.Point == mountPoint) || (daemon.HasExited ? throw new InvalidOperationException(daemon.Output) : false));

    private IEnumerable<(string Device, string Point, string Source)> Mounts() => File.ReadLines($"/proc/{_holder.Pid}/mountinfo")
        .Select(line => (line.Split(' '), line.Split(" - ")[1].Split(' ')))
        .Select(line => (line.Item1[2], line.Item1[4], line.Item2[1]));

    /// <summary>A last look before anything runs in there: only the lab's own devices may be mounted.</summary>
    private void Guard()
    {
        FreezeLabProcess.AssertNotOurs(Namespace);
        foreach (var (device, point, source) in Mounts())
        {
            if ((!device.StartsWith("0:", StringComparison.Ordinal) || source.StartsWith("/dev/", StringComparison.Ordinal))
                && !_devices.Contains(Path.GetFileName(source)))
            {
                throw new InvalidOperationException($"{source} is mounted on {point} in the lab");
            }
        }
    }
}
