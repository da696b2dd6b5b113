using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Qga.Host.CommandLine;
using Qga.Testing;

namespace Qga.Host.Tests.CommandLine;

/// <summary>Our own settings and what we are stricter about; the rest is compared with the real qemu-ga.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class OptionsLoaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Configuration => Path.Combine(_folder, "qemu-ga.conf");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_options_and_file_everything_has_its_default()
    {
        var run = Run([]);

        Assert.Equivalent(new AgentOptions { Path = "/dev/virtio-ports/org.qemu.guest_agent.0" }, run.Options);
        Assert.Equal(
            (TimeSpan.FromSeconds(1), 32, UnixFileMode.UserRead | UnixFileMode.UserWrite),
            (run.Options.SyncGrace, run.Options.MaxStuckWorkers, run.Options.SocketMode));
        Assert.Equal([2], run.Options.VsockAllowCid!);
        Assert.Empty(run.Warnings);
    }

    [Fact]
    public void Own_settings_are_read_from_their_group()
    {
        Write("[qga]\nsync-grace=60000\nmax-stuck-workers=1\nmax-answer=10485760\nvsock-allow-cid=1,2,4294967294\nsocket-mode=0660\n"
            + "fsfreeze-timeout=2592000\nfsfreeze-exclude=/mnt/*, vfat,\nfsfreeze-hook-timeout=3600\n");

        var run = Run(["-p", "/x"]);

        Assert.Equal(TimeSpan.FromMinutes(1), run.Options.SyncGrace);
        Assert.Equal(1, run.Options.MaxStuckWorkers);
        Assert.Equal(10_485_760, run.Options.MaxAnswer);
        Assert.Equal([1, 2, 4294967294], run.Options.VsockAllowCid!);
        Assert.Equal("660", Convert.ToString((int)run.Options.SocketMode, 8));
        Assert.Equal(TimeSpan.FromDays(30), run.Options.FsFreezeTimeout);
        Assert.Equal(["/mnt/*", "vfat"], run.Options.FsFreezeExclude);
        Assert.Equal(TimeSpan.FromHours(1), run.Options.FsFreezeHookTimeout);
        Assert.Empty(run.Warnings);
    }

    [Fact]
    public void Any_vsock_address_can_be_allowed()
    {
        Write("[qga]\nvsock-allow-cid=any\n");

        Assert.Null(Run([]).Options.VsockAllowCid);
    }

    [Fact]
    public void Guest_can_stay_frozen_for_any_time()
    {
        Write("[qga]\nfsfreeze-timeout=0\n");

        Assert.Null(Run([]).Options.FsFreezeTimeout);
    }

    [Theory]
    [InlineData("sync-grace", "60001", "milliseconds from 0 to 60000")]
    [InlineData("sync-grace", "-1", "milliseconds from 0 to 60000")]
    [InlineData("sync-grace", "1s", "milliseconds from 0 to 60000")]
    [InlineData("sync-grace", "", "milliseconds from 0 to 60000")]
    [InlineData("max-stuck-workers", "0", "a number from 1 to 1024")]
    [InlineData("max-stuck-workers", "1025", "a number from 1 to 1024")]
    [InlineData("max-answer", "4095", "bytes from 4096 to 2147483647, or 0")]
    [InlineData("max-answer", "10M", "bytes from 4096 to 2147483647, or 0")]
    [InlineData("max-answer", "2147483648", "bytes from 4096 to 2147483647, or 0")]
    [InlineData("vsock-allow-cid", "", "any, or a comma list of numbers from 0 to 4294967294")]
    [InlineData("vsock-allow-cid", "2, 3", "any, or a comma list of numbers from 0 to 4294967294")]
    [InlineData("vsock-allow-cid", "4294967295", "any, or a comma list of numbers from 0 to 4294967294")]
    [InlineData("socket-mode", "1000", "an octal file mode from 0 to 0777")]
    [InlineData("socket-mode", "0o600", "an octal file mode from 0 to 0777")]
    [InlineData("socket-mode", "0680", "an octal file mode from 0 to 0777")]
    [InlineData("socket-mode", "", "an octal file mode from 0 to 0777")]
    [InlineData("fsfreeze-timeout", "2592001", "seconds from 0 to 2592000")]
    [InlineData("fsfreeze-timeout", "-1", "seconds from 0 to 2592000")]
    [InlineData("fsfreeze-timeout", "15m", "seconds from 0 to 2592000")]
    [InlineData("fsfreeze-timeout", "", "seconds from 0 to 2592000")]
    [InlineData("fsfreeze-hook-timeout", "0", "seconds from 1 to 3600")]
    [InlineData("fsfreeze-hook-timeout", "3601", "seconds from 1 to 3600")]
    public void Own_setting_out_of_its_range_is_an_error(string key, string value, string expected)
    {
        Write($"[qga]\n{key}={value}\n");

        Assert.Equal(78, Exit([]));
        Assert.EndsWith(
            $"error loading configuration from path: {Configuration}, "
            + $"key “{key}” of group “qga” has the value “{value}”, expected: {expected}\n",
            _error.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Dump_shows_the_own_settings_that_were_changed()
    {
        Write("[qga]\nsync-grace=1000\nmax-answer=4096\nsocket-mode=660\nfsfreeze-timeout=0\nfsfreeze-exclude=a, b\nfsfreeze-hook-timeout=60\n");

        Assert.Equal(0, Exit(["-D"]));
        Assert.EndsWith(
            "\nallow-rpcs=\n\n[qga]\nmax-answer=4096\nsocket-mode=0660\nfsfreeze-timeout=0\nfsfreeze-exclude=a,b\n",
            _output.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_keys_and_groups_are_named_in_warnings()
    {
        Write("[general]\ndaemonize=true\nverbose=true\n[qga]\nsync-grace=5\nsyncgrace=5\n[extra]\nx=1\n");

        var run = Run([]);

        Assert.True(run.Options.Verbose);
        Assert.False(run.Options.Daemonize);
        Assert.Equal(
            [
                $"ignoring unknown key daemonize of group [general] in {Configuration}",
                $"ignoring unknown key syncgrace of group [qga] in {Configuration}",
                $"ignoring unknown group [extra] in {Configuration}",
            ],
            run.Warnings.Select(warning => warning.Text));
    }

    [Fact]
    public void Sample_file_shows_every_key_with_its_default()
    {
        var sample = File.ReadAllText(Path.Combine(Repository.Root, "config/qemu-ga.conf"));
        Write(CommentedKey().Replace(sample, ""));

        var run = Run([]);

        var shown = run.Options with { LogFile = null, FsFreezeHook = null, ConfigurationFile = null, OfFile = null };
        Assert.Equivalent(new AgentOptions { Path = AgentOptions.DefaultPath(AgentOptions.DefaultMethod) }, shown);
        Assert.Equal((AgentOptions.DefaultFsFreezeHook, 25), (run.Options.FsFreezeHook, CommentedKey().Count(sample)));
        Assert.Empty(run.Warnings);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void File_that_others_can_write_is_refused(UnixFileMode others)
    {
        Write("[general]\n");
        File.SetUnixFileMode(Configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);

        Assert.Equal(78, Exit(["-D"]));
        Assert.Contains($"from path: {Configuration}, the file is writable by group or others", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public void File_in_a_directory_that_others_can_write_is_refused()
    {
        Write("[general]\n");
        var directory = Path.GetDirectoryName(Configuration)!;
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherWrite);

        Assert.Equal(78, Exit(["-D"]));
        Assert.Contains($"from path: {Configuration}, {directory} is writable by group or others", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("", "--fsfreeze-hook=")]
    [InlineData("", "--fsfreeze-hook= ")]
    [InlineData("", "-F/dev/null")]
    [InlineData("", "-F//dev/../dev/null")]
    [InlineData("fsfreeze-hook=/dev/null")]
    [InlineData("fsfreeze-hook=")]
    [InlineData("fsfreeze-hook= ")]
    [InlineData("fsfreeze-hook=/hook", "-F/dev/null")]
    public void Nothing_and_the_null_device_are_no_hook(string setting, params string[] options)
    {
        Write($"[general]\n{setting}{(setting.Length > 0 ? "\n" : "")}");

        Assert.Null(Run(options).Options.FsFreezeHook);
    }

    [Theory]
    [InlineData("--debug")]
    [InlineData("--de")]
    [InlineData("-v")]
    [InlineData("-v", "--debug")]
    public void Everything_is_logged_by_the_name_of_today_and_by_the_coming_one(params string[] options) => Assert.True(Run(options).Options.LogsEverything);

    [Theory]
    [InlineData("debug", true)]
    [InlineData("verbose", false)]
    public void Coming_key_is_read_and_shown_where_it_is_on(string key, bool isShown)
    {
        Write($"[general]\n{key}=true\n");

        var run = Run([]);
        Assert.True(run.Options.LogsEverything);
        Assert.Empty(run.Warnings);
        Assert.Equal(isShown, run.Options.ToKeyFile().GetBoolean("general", "debug") == true);
        Assert.Equal(78, ExitWith("[general]\ndebug=perhaps\n"));

        int ExitWith(string content)
        {
            Write(content);
            return Exit([]);
        }
    }

    [Fact]
    public void Coming_option_takes_no_argument()
    {
        Assert.Equal(64, Exit(["--debug=1"]));
        Assert.Contains("option '--debug' doesn't allow an argument", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Dump_shows_the_lists_in_effect()
    {
        Write("[general]\nblock-rpcs=a; b\nblock-rpcs=c\nblacklist=d\nallow-rpcs=\\s,\n");

        Assert.Equal(0, Exit(["-D", "--blacklist=e 'f'", "-F/dev/null"]));
        Assert.EndsWith("\nblock-rpcs=d,c,b,a,f,e\nallow-rpcs=\\s,\n", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("fsfreeze-hook", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("block-rpcs")]
    [InlineData("allow-rpcs")]
    public void List_that_can_not_be_read_is_an_error(string key)
    {
        // qemu-ga 11.1 crashes on it.
        Write($"[general]\n{key}=a\\,b\n");

        Assert.Equal(78, Exit([]));
        Assert.EndsWith(
            $", Key file contains key “{key}” which has a value that cannot be interpreted.\n", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void First_of_several_errors_is_reported()
    {
        // qemu-ga 11.1 says so too, behind a warning of GLib about itself.
        Write("[general]\nallow-rpcs=\\x\nverbose=x\npath=\\x\n");

        Assert.Equal(78, Exit([]));
        Assert.EndsWith("Key file contains key “path” which has a value that cannot be interpreted.\n", _error.ToString(), StringComparison.Ordinal);
    }

    private void Write(string content)
    {
        File.WriteAllText(Configuration, content);
        File.SetUnixFileMode(Configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private StartupDecision.Serve Run(string[] arguments) => Assert.IsType<StartupDecision.Serve>(Load(arguments));

    private int Exit(string[] arguments) => Assert.IsType<StartupDecision.Exit>(Load(arguments)).Code;

    private StartupDecision Load(string[] arguments) =>
        new OptionsLoader("qemu-ga", [], _output, _error, name => name == "QGA_CONF" ? Configuration : null).Load(arguments);

    [GeneratedRegex("^#(?=[a-z-]+=)", RegexOptions.Multiline, 1000)]
    private static partial Regex CommentedKey();
}
