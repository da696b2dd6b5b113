using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Ctl.Tests.Published;

/// <summary>The published tool on a host with libvirt, Proxmox VE, both or neither, as far as programs in PATH make one.</summary>
public sealed class HostTests : IDisposable
{
    private const string Virsh = """
        #!/bin/sh
        uri=default
        [ "$1" != -c ] || { uri=$2; shift 2; }
        [ "$uri" != qemu:///two ] || { printf 'error: no connection\nerror: no such driver\n' >&2; exit 1; }
        [ "$uri" != qemu:///none ] || { echo 'error: failed to connect to the hypervisor' >&2; exit 1; }
        case "$*" in
            'list --name --all') printf 'vm1\nvm2\n\n' ;;
            'list --name') printf 'vm1\n\n' ;;
            'qemu-agent-command vm1 '*) echo "{\"return\": {\"host-name\": \"$uri\"}}" ;;
            *) echo "error: failed to get domain '$2'" >&2; exit 1 ;;
        esac
        """;

    private const string Qm = """
        #!/bin/sh
        case "$*" in
            list) printf '      VMID NAME   STATUS  MEM(MB) BOOTDISK(GB) PID\n       101 web    running 2048 32.00 1\n       102 db     stopped 2048 32.00 0\n' ;;
            'guest cmd 101 get-host-name') echo '{"host-name" : "of qm"}' ;;
            'guest cmd 101 '*) ;;
            *) echo "Configuration file 'nodes/pve/qemu-server/$3.conf' does not exist" >&2; exit 2 ;;
        esac
        """;

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("virsh", "vm1", "default")]
    [InlineData("virsh qm", "vm1", "default")]
    [InlineData("virsh qm", "101", "of qm")]
    [InlineData("qm", "101", "of qm")]
    [InlineData("qm", "web", "of qm")]
    [InlineData("qm", "qm:101", "of qm")]
    [InlineData("virsh", "-c qemu+ssh://node/system vm1", "qemu+ssh://node/system")]
    [InlineData("virsh qm", "-c qemu+ssh://node/system vm1", "qemu+ssh://node/system")]
    public void Plain_name_is_a_guest_of_who_is_here(string programs, string guest, string hostName)
    {
        var (exitCode, output, error) = Run(programs, ["call", "--json", .. guest.Split(' '), "guest-get-host-name"]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(hostName, (string?)JObject.Parse(output)["host-name"]);
    }

    [Theory]
    [InlineData("", "vm1", 2, "'vm1' is a name alone, and there is neither virsh nor qm to ask for it: give an address")]
    [InlineData("", "101", 2, "'101' is a name alone, and there is neither virsh nor qm to ask for it: give an address")]
    [InlineData("qm", "none", 2, "there is no machine 'none' on this node")]
    [InlineData("virsh", "none", 3, "virsh:none: failed to get domain 'none'")]
    public void Guest_that_is_not_there_is_told(string programs, string guest, int exitCode, string message)
    {
        var run = Run(programs, ["call", guest, "guest-ping"]);
        Assert.Equal((exitCode, $"qgactl: {message}"), (run.ExitCode, run.Error.Split('\n')[0]));
    }

    [Fact]
    public void Ls_lists_all_that_are_here()
    {
        Assert.Equal((0, "vm1\nvm2\nweb\ndb\n", ""), Run("virsh qm", ["ls", "--names"]));
        var (exitCode, output, _) = Run("virsh qm", ["ls", "--json"]);
        Assert.Equal(0, exitCode);
        Assert.Equal(
            ["virsh:vm1 True", "virsh:vm2 False", "qm:101 True", "qm:102 False"],
            JObject.Parse(output)["guests"]!.Select(guest => $"{guest["address"]} {guest["running"]}"));
    }

    [Fact]
    public void Ls_tells_who_could_not_be_asked()
    {
        Assert.Equal((3, "", "qgactl: virsh: failed to connect to the hypervisor\n"), Run("virsh", ["ls", "-c", "qemu:///none"]));
        Assert.Equal((3, "", "qgactl: virsh: no connection; no such driver\n"), Run("virsh", ["ls", "-c", "qemu:///two"]));
        var (exitCode, output, error) = Run("", ["ls"]);
        Assert.Equal((3, "", "qgactl: there is neither virsh nor qm on this host: name guests, as unix:'/run/*.sock'\n"), (exitCode, output, error));
    }

    [Fact]
    public void Bash_completes_verbs_options_and_guests()
    {
        Assert.Equal("call cp completion", Complete("qgactl", "c"));
        Assert.Equal("--recursive --resume", Complete("qgactl", "cp", "--re"));
        Assert.Equal("vm1 vm2", Complete("qgactl", "info", "vm"));
        Assert.Equal("vm2:", Complete("qgactl", "cp", "vm2"));
        Assert.Equal("vm1", Complete("qgactl", "-t", "5", "exec", "vm1"));
        Assert.Equal("", Complete("qgactl", "exec", "vm1", "vm"));
    }

    /// <summary>Whoever may define domains must not have root's shell run anything by their names.</summary>
    [Theory]
    [InlineData("info", "w", @"w\$\(touch\ run\)x w\`touch\ run\` wmy\ vm w\'x")]
    [InlineData("cp", "w", @"w\$\(touch\ run\)x: w\`touch\ run\`: wmy\ vm: w\'x:")]
    [InlineData("info", @"wmy\ ", @"wmy\ vm")]
    [InlineData("info", "\"w", "")]
    [InlineData("info", "'v", "vm1 vm2")]
    public void Bash_takes_names_of_guests_for_what_they_are(string verb, string word, string completions)
    {
        const string Names = "#!/bin/sh\n/bin/cat << 'END'\nw$(touch run)x\nw`touch run`\nwmy vm\nw'x\nvm1\nvm2\nEND\n";
        _scratch.WriteProgram("odd/virsh", Names);
        Assert.Equal(completions, CompleteBy($"{_scratch.PathOf("odd")}", "qgactl", verb, word));
        Assert.False(File.Exists(_scratch.PathOf("run")));
    }

    [Fact]
    public void Completion_is_json_where_that_is_asked_for() => Assert.Equal(
        Run("", ["completion", "bash"]).Output,
        (string?)JObject.Parse(Run("", ["completion", "bash", "--json"]).Output)["bash"]);

    [Fact]
    public void Bash_offers_no_guests_for_the_program_behind_them() => Assert.Equal("", Complete("qgactl", "freeze", "vm1", "--", "v"));

    private string Complete(params string[] words) => CompleteBy(PathWith("virsh qm"), words);

    private string CompleteBy(string path, params string[] words)
    {
        var script = $$"""
            cd {{_scratch.Root}}
            PATH={{path}}
            qgactl() { '{{PublishedTool.Executable}}' "$@"; }
            source <(qgactl completion bash)
            compopt() { :; }
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _qgactl
            echo "${COMPREPLY[*]}"
            """;
        var run = ProcessRun.Of("bash", ["-c", script, "bash", .. words]);
        Assert.Equal("", run.Error);
        return run.Output.Trim();
    }

    private (int ExitCode, string Output, string Error) Run(string programs, string[] arguments) =>
        PublishedTool.Run(arguments, new Dictionary<string, string> { ["PATH"] = PathWith(programs) });

    private string PathWith(string programs)
    {
        var folder = Directory.CreateDirectory(_scratch.PathOf(programs.Length > 0 ? programs.Replace(' ', '-') : "none")).FullName;
        foreach (var name in programs.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            _scratch.WriteProgram($"{Path.GetFileName(folder)}/{name}", name == "qm" ? Qm : Virsh);
        return folder;
    }
}
