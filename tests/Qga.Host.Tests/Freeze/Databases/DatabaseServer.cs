using System.Globalization;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze.Databases;

/// <summary>A database server in a lab, with its data on filesystems that can be frozen and copied there.</summary>
public abstract class DatabaseServer(FreezeLab lab, string hook, params string[] volumes)
{
    private const string Hooks = "/etc/qemu/fsfreeze-hook.d";

    private RunningProcess? _process;

    protected FreezeLab Lab { get; } = lab;

    /// <summary>What the server has logged since its last start.</summary>
    public string Log => _process!.Output;

    /// <summary>What it logs when it takes queries.</summary>
    protected abstract string ReadyText { get; }

    /// <summary>Makes the volumes, an empty database on them, and installs the hook, then starts the server.</summary>
    public void Install()
    {
        foreach (var volume in volumes)
        {
            using (var image = File.Create(Lab.PathOf(ImageOf(volume))))
                image.SetLength(512 << 20);
            ProcessRun.Of("mkfs.ext4", ["-q", Lab.PathOf(ImageOf(volume))]);
            Lab.MountImage("ext4", volume, ImageOf(volume));
        }

        Lab.Run($"""
            printf 'root:x:0:0::/:/bin/sh\n{User}:x:70:70::/tmp:/bin/sh\n' > /etc/passwd
            printf 'root:x:0:\n{User}:x:70:\n' > /etc/group
            mkdir -p {Folders} && chown {User} {Folders} && chmod 1777 /tmp
            """);
        InstallPrograms();
        Lab.Copy(Repository.PathOf("config/fsfreeze-hook"), "/etc/qemu/fsfreeze-hook");
        Lab.Copy(Repository.PathOf($"config/fsfreeze-hook.d/{hook}.sample"), $"{Hooks}/{hook}");
        CreateDatabase();
        Start();
        CreateTables();
    }

    public void Start()
    {
        _process = Lab.Start(Command);
        _process.AwaitOutput(ReadyText);
    }

    /// <summary>Ends the server as a crash does.</summary>
    public void Crash()
    {
        Kill();
        _process!.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Runs the hook alone, as qemu-ga does: until nobody holds its output any more.</summary>
    public (int ExitCode, string Output) RunHook(string action, string variables = "")
    {
        using var run = Lab.Start("/bin/sh", "-c", $"{variables} {Hooks}/{hook} {action}");
        return (run.WaitForExit(), run.Output);
    }

    /// <summary>Copies the images of the volumes as they are now.</summary>
    public void CopyImages() => Lab.Run(string.Join('\n', volumes.Select(volume => $"cp {ImageOf(volume)} {ImageOf(volume)}.copy")));

    /// <summary>Has the copies in the place of the volumes; the server must not run.</summary>
    public void MountCopies()
    {
        foreach (var volume in volumes)
        {
            Lab.Unmount(volume);
            Lab.MountImage("ext4", volume, $"{ImageOf(volume)}.copy");
        }
    }

    /// <summary>Starts a client that commits the rows 1, 2, 3, ... under its name, one by one, and notes each that is acknowledged.</summary>
    public void StartWriter(string writer)
    {
        File.WriteAllLines(Lab.PathOf($"/tmp/{writer}.sql"), Enumerable.Range(1, 200_000).Select(row => Insertion(writer, row)));
        File.WriteAllText(Lab.PathOf($"/tmp/{writer}.acknowledged"), "");
        Lab.Start("/bin/sh", "-c", $"{Client} < /tmp/{writer}.sql >> /tmp/{writer}.acknowledged");
    }

    /// <summary>How many rows the server has told a writer that it has committed.</summary>
    public int Acknowledged(string writer)
    {
        var text = File.ReadAllText(Lab.PathOf($"/tmp/{writer}.acknowledged"));
        return text[..(text.LastIndexOf('\n') + 1)].Count(character => character == '\n');
    }

    public int Number(string query) => int.Parse(Query(query), CultureInfo.InvariantCulture);

    /// <summary>Runs statements and gives what the client prints.</summary>
    public string Query(string statements) => Lab.Run($"{Client} <<'END'\n{statements}\nEND\n").TrimEnd('\n');

    /// <summary>Asserts that the server finds no fault in its files.</summary>
    public abstract void AssertSound();

    /// <summary>Whom the server runs as.</summary>
    protected abstract string User { get; }

    /// <summary>What it needs to own.</summary>
    protected abstract string Folders { get; }

    protected abstract string[] Command { get; }

    protected abstract string Client { get; }

    protected abstract void InstallPrograms();

    protected abstract void CreateDatabase();

    protected abstract void CreateTables();

    protected abstract string Insertion(string writer, int row);

    protected abstract void Kill();

    protected void CopyFolder(string folder)
    {
        Directory.CreateDirectory(Lab.PathOf(Path.GetDirectoryName(folder)!));
        ProcessRun.Of("cp", ["-aL", folder, Lab.PathOf(folder)]);
    }

    private static string ImageOf(string volume) => $"/images{volume.Replace('/', '-')}";
}
