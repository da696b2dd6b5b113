using System.Runtime.Versioning;
using System.Text;
using System.Text.RegularExpressions;
using Qga.Host.CommandLine;
using Qga.Testing;

namespace Qga.Host.Tests.CommandLine;

/// <summary>
/// The same command lines and files for the real qemu-ga and for ours: same output, same complaints, same success. What qemu-ga ends with 1 for, ours
/// ends with a code of its own.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed partial class PeerCommandLineTests : IDisposable
{
    private const string NoFile = "/nonexistent/qemu-ga.conf";

    private readonly string _folder = Directory.CreateTempSubdirectory("qga-test-").FullName;

    public static TheoryData<string[]> CommandLines { get; } =
    [
        // getopt
        ["-Z"], ["--bogus"], ["--bogus=1", "-D"], ["-m"], ["--method"], ["--m"], ["-c"], ["-s"], ["--daemonize=1"], ["--verbose="],
        ["--d"], ["--v"], ["--ver"], ["--p"], ["--=x"], ["--s"], ["--se"], ["--service"], ["---D"], ["-?"], ["-:"], ["-;"], ["-W"],
        ["-Z", "-Y"], ["-ZV"], ["-D", "-Z"], ["-Z", "-b", "help"], ["--help=x"],
        ["--dump"], ["--du"], ["--da", "-D"], ["--verb", "-D"], ["--pa=/x", "-D"], ["--pi=/x", "-D"], ["--st=/x", "-D"], ["--r", "-D"],
        ["--l", "x", "-D"], ["--fs", "-D"],
        ["foo", "-D"], ["-D", "foo"], ["-", "-D"], ["-D", "--", "-Z"], ["-p", "--", "-D"], ["-s", "-D", "-D"], ["-sfoo", "-D"],
        ["-dvrD"], ["-vp/x", "-D"], ["-vp", "/x", "-D"], ["-p=/x", "-D"],

        // the optional argument of -F
        ["-F", "-D"], ["-F/x", "-D"], ["-F", "/x", "-D"], ["--fsfreeze-hook=/x", "-D"], ["--fsfreeze-hook", "/x", "-D"],
        ["-F/a", "-F", "-D"], ["-vF", "-D"], ["-Fv", "-D"],

        // channel
        ["-m", "unix-listen", "-D"], ["-m", "vsock-listen", "-D"], ["-m", "isa-serial", "-D"], ["-m", "foo", "-D"], ["-m", "", "-D"],
        ["-m", "foo", "-p", "/x", "-D"], ["-p", "", "-D"], ["-m", "vsock-listen", "-p", "3:1", "-D"], ["-m", "unix-listen"],

        // lists and values
        ["-b", "a,b", "-b", "c,d", "-D"], ["-a", "a,b", "-a", "c,d", "-D"], ["-b", "", "-D"], ["-b", ",", "-D"],
        ["-b", " ", "-D"], ["-b", "help,foo", "-D"], ["-b", "a\\,b", "-D"],
        ["-p", " \t a\t", "-D"], ["-p", "a\nb\rc\\;", "-D"], ["-p", "\n a", "-D"], ["-p", "é", "-D"],
        ["-l", "", "-f", "", "-t", "", "-D"], ["-l", "/l", "-f", "/f", "-t", "/t", "-D"],

        // the configuration file must be there when it was asked for, and comes before everything but getopt's complaints
        ["-c", NoFile, "-D"], ["-c", NoFile, "-V"], ["-c", NoFile, "-h"], ["-c", NoFile, "-b", "help"], ["-c", NoFile, "-Z"],
        ["-c", "/dev/null", "-D"], ["-c", "/", "-D"], ["-c", "", "-D"], ["-c", "/dev/null/x", "-D"],
    ];

    public static TheoryData<string> Files { get; } =
    [
        // lines
        "", "\n\n", "# c\n", " \t#c\n", "\0", "\r\n", "\f\n", "\v\n", "foo\n", "foo\r\n", "foo\rbar\n", "key=1\n[general]\n", "=1\n", "pa[=1\n",
        "[general]\nfoo\n", "[general]\n=x\n", "[general]\n =x\n", "[general]\n;c\n", "[general]\npath", "[general]\npath[\n",
        "\u00ef\u00bb\u00bf[general]\npath=/x\n", "#\0\nfoo\n", "foo\0bar\n", "foo\u00ff\n", "\u00e2\u0082foo\n", "foo\tb\u001b[1m\n",

        // groups
        "[general\n", "[]\n", "[ ]\n", "[a b]\n", "[\t]\n", "[general] \t\npath=/x\n", " [general]\npath=/x\n", "[general]x\n",
        "[general]\r\r\n", "[general]\f\n", "[gen[eral]\n", "[gen]eral]\n", "[a][b]\n", "[a]=1\n", "[a\u0001b]\n", "[a\u007fb]\n",
        "[a\u00c2\u0080b]\n", "[a\u00ff[]\n", "[a\0b]\n", "[a]", "[general]\0\npath=/x\n", "[GENERAL]\npath=/x\n", "[ general ]\npath=/x\n",
        "[general]\npath=/a\n[other]\npath=/o\n[general]\nlogfile=/l\n", "[general]\n[a]=b\n", "[qga]\nfoo\n",
        "[general]\nEncoding=foo\n", "[general]\nEncoding=utf-8\n", "[x]\n[y]\nEncoding=foo\n",

        // keys
        "[general]\npa th=/x\n", "[general]\n\t path \t=\t /x\n", "[general]\npath\v=/x\n", "[general]\nPath=/x\n",
        "[general]\npath[de]=/x\n", "[general]\npath[de] =/x\n", "[general]\npath[]=/x\n", "[general]\npath[a_B.c@d-e]=1\n",
        "[general]\npath[\u00c3\u00a9]=1\n", "[general]\npath[\u00ff]=1\n", "[general]\npath[de=/x\n", "[general]\npath]=/x\n",
        "[general]\npa[th=/x\n", "[general]\npa\rth[=1\n", "[general]\npath[d e]=x\n", "[general]\npath [de]=x\n", "[general]\npath[a]b=1\n",
        "[general]\npa\0th=1\n", "[general]\n\u00ff=1\n", "[general]\npath=/a\npath=/b\n", "[general]\nwhitelist=a\nloglevel=x\n",

        // strings
        "[general]\npath = /x y \n", "[general]\npath==/x\n", "[general]\npath=\n", "[general]\npath=/x # c\n", "[general]\npath=/x\r\r\n",
        "[general]\npath=/a\rb\n", "[general]\npath=/a\0b\n", "[general]\npath=/nolf", "[general]\npath=/x\r", "[general]\npath=\v/x\f\n",
        "[general]\npath=a\\sb\\tc\\nd\\re\\\\f\n", "[general]\npath=\\sx\n", "[general]\npath=\\q\n", "[general]\npath=a\\\n",
        "[general]\npath=\\;\n",
        "[general]\npath=\u00c3\u00a9\n", "[general]\npath=a\u00ffb\n", "[general]\npath=\u00e2\u0082\n", "[general]\npath=a\u00ed\u00a0\u0080b\n",
        "[general]\nunknown=\u00ff\npath=/x\n", "[general]\nunknown=\\q\n", "[general]\n# \u00ff\n",

        // booleans
        "[general]\ndaemon=true\n", "[general]\ndaemon=1\n", "[general]\ndaemon=0\n", "[general]\ndaemon= true \t\f\n", "[general]\ndaemon=TRUE\n",
        "[general]\ndaemon=yes\n", "[general]\ndaemon=\n", "[general]\ndaemon=true x\n", "[general]\ndaemon=\\strue\n", "[general]\ndaemon=\u00ff\n",
        "[general]\ndaemon=x\ndaemon=true\n", "[general]\nverbose=x\n", "[general]\nverbose=1\nretry-path=1\n", "[general]\nretry-path=2\n",

        // lists
        "[general]\nblock-rpcs=a,b\nallow-rpcs=c,d\n", "[general]\nblock-rpcs=\nallow-rpcs=\n", "[general]\nblock-rpcs=,\n",
        "[general]\nblock-rpcs=\\s\n", "[general]\nblock-rpcs=help\n",

        // everything
        "[general]\ndaemon=true\nmethod=unix-listen\npath=/p\nlogfile=/l\npidfile=/f\nfsfreeze-hook=/h\nstatedir=/s\nverbose=true\nretry-path=true\n",
        "[general]\nmethod=\n", "[general]\nmethod=foo\n", "[general]\nmethod=unix-listen\n", "[general]\nmethod=isa-serial\n",
        "[general]\nlogfile=\npidfile=\nstatedir=\n", "[general]\nmethod=\\x\n", "[general]\nfsfreeze-hook=\\x\n",
    ];

    public static TheoryData<string, string[]> FilesUnderCommandLines { get; } = new()
    {
        { "[general]\nblock-rpcs=a,b\nallow-rpcs=x,y\n", ["-b", "c,d", "-a", "z"] },
        { "[general]\nverbose=false\ndaemon=true\nmethod=unix-listen\npath=/f\n", ["-v"] },
        { "[general]\nmethod=unix-listen\npath=/f\n", ["-m", "isa-serial"] },
        { "[general]\nmethod=isa-serial\n", ["-m", "virtio-serial", "-d"] },
        { "[general]\nfsfreeze-hook=/h\nlogfile=/l\npidfile=/p\nstatedir=/s\n", ["-F"] },
        { "[general]\nfsfreeze-hook=/h\nlogfile=/l\npidfile=/p\nstatedir=/s\n", ["-l", "", "-f/P", "-t", "T"] },
        { "[general]\npath=\\q\n", ["-Z"] },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PeerTheory]
    [MemberData(nameof(CommandLines))]
    public void Command_line_has_the_same_effect(string[] arguments) => Compare(arguments, []);

    [PeerTheory]
    [InlineData("1")]
    [InlineData("")]
    public void Operand_ends_the_options_when_POSIX_is_asked_for(string value) =>
        Compare(["-m", "unix-listen", "foo", "-D"], new() { ["POSIXLY_CORRECT"] = value });

    [PeerTheory]
    [MemberData(nameof(Files))]
    public void Configuration_file_has_the_same_effect(string content) => Compare(["-c", Write(content), "-D"], []);

    [Trait("Speed", "Slow")]
    [PeerTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Any_file_has_the_same_effect(int seed)
    {
        string[] pieces =
        [
            "[general]", "[", "]", "[de]", "general", "\n", "\n", "\n", "=", "path", "daemon", "\npath=", "\ndaemon=", "true", "1", " ",
            "\t", "\r", "\\", "s", "\\n", "#", ",", "a", "@", "Encoding", "\0", "\v", "\f", "\u007f", "\u0085", "\u00ff", "\u00c3\u00a9",
        ];
        var random = new Random(seed);
        for (var i = 0; i < 250; i++)
        {
            var content = (i % 2 == 0 ? "[general]\n" : "") + string.Concat(random.GetItems(pieces, random.Next(1, 14)));
            var arguments = new[] { "-c", Write(content), "-D" };
            var (peer, ours) = (RunPeer(arguments, []), RunOurs(arguments, []));

            // After a second error GLib warns that its caller should have stopped at the first.
            if (!peer.Error.Contains("GLib-WARNING", StringComparison.Ordinal))
                Assert.Equal((content, peer), (content, ours));
        }
    }

    [PeerTheory]
    [MemberData(nameof(FilesUnderCommandLines))]
    public void Command_line_overrides_the_file_in_the_same_way(string content, string[] arguments) =>
        Compare(["-c", Write(content), .. arguments, "-D"], []);

    [PeerTheory]
    [InlineData("")]
    [InlineData("/nonexistent/x")]
    [InlineData("/dev/null")]
    [InlineData("/dev/null/x")]
    [InlineData("/")]
    public void File_named_by_the_environment_may_be_missing(string path) => Compare(["-D"], new() { ["QGA_CONF"] = path });

    [PeerTheory]
    [InlineData("1", "x")]
    [InlineData("1", "1")]
    [InlineData("x", "self")]
    [InlineData("0", "self")]
    public void Sockets_for_somebody_else_are_left_alone(string count, string process) =>
        Compare(["-D"], new() { ["LISTEN_FDS"] = count, ["LISTEN_PID"] = process });

    [PeerTheory]
    [InlineData("-h")]
    public void Help_lists_the_same_options(string argument)
    {
        var (peer, ours) = (RunPeer([argument], []), RunOurs([argument], []));

        Assert.Equal((peer.ExitCode, ""), (ours.ExitCode, ours.Error));
        Assert.Equal(OptionNames(peer.Output), OptionNames(ours.Output));

        static IEnumerable<string> OptionNames(string help) => OptionName().Matches(help).Select(match => match.Value);
    }

    [PeerTheory]
    [InlineData("-V", "-h")]
    [InlineData("-D", "-V")]
    [InlineData("-V", "-Z")]
    [InlineData("-VZ", "-D")]
    [InlineData("--vers", "-b?")]
    public void Version_comes_first_or_not_at_all(string first, string second)
    {
        var (peer, ours) = (RunPeer([first, second], []), RunOurs([first, second], []));

        Assert.Equal((peer.ExitCode, peer.Error), (ours.ExitCode, ours.Error));
        Assert.StartsWith("QEMU Guest Agent 11.1.", peer.Output, StringComparison.Ordinal);
        Assert.Matches(@"^QEMU Guest Agent 11\.1\.0 \(qga \d+\.\d+\.\d+\S*\)\n$", ours.Output);
    }

    [PeerTheory]
    [InlineData("-b", "help")]
    [InlineData("-a", "?")]
    [InlineData("--block-rpcs=help", "-V")]
    [InlineData("-bhelp", "-Z")]
    public void List_of_commands_is_printed_one_a_line(string first, string second)
    {
        var (peer, ours) = (RunPeer([first, second], []), RunOurs([first, second], []));

        Assert.Equal((peer.ExitCode, peer.Error), (ours.ExitCode, ours.Error));
        Assert.StartsWith("guest-sync-delimited\nguest-sync\nguest-ping\n", peer.Output, StringComparison.Ordinal);
        Assert.Equal("guest-one\nguest-two\n", ours.Output);
    }

    private string Write(string bytes)
    {
        var path = Path.Combine(_folder, "qemu-ga.conf");
        File.WriteAllText(path, bytes, Encoding.Latin1);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private static void Compare(string[] arguments, Dictionary<string, string?> environment) =>
        Assert.Equal(RunPeer(arguments, environment), RunOurs(arguments, environment));

    private static ProcessRun RunPeer(string[] arguments, Dictionary<string, string?> environment)
    {
        var run = ProcessRun.Of(ProcessRun.Peer!, arguments, Complete(environment));
        return run with { Output = Normalize(run.Output), Error = Normalize(run.Error) };
    }

    private static ProcessRun RunOurs(string[] arguments, Dictionary<string, string?> environment)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var complete = Complete(environment);
        var loader = new OptionsLoader("qemu-ga", ["guest-one", "guest-two"], output, error, name => complete.GetValueOrDefault(name));
        var decision = Assert.IsType<StartupDecision.Exit>(loader.Load(arguments));
        return new ProcessRun(
            decision.Code is ExitCode.Usage or ExitCode.Configuration ? 1 : decision.Code, Normalize(output.ToString()), Normalize(error.ToString()));
    }

    private static Dictionary<string, string?> Complete(Dictionary<string, string?> environment) =>
        new(environment) { ["QGA_CONF"] = environment.GetValueOrDefault("QGA_CONF", NoFile) };

    /// <summary>Takes out what differs from run to run: process, time, and the program's name as it was invoked.</summary>
    private static string Normalize(string text) => ProgramPath().Replace(Stamp().Replace(text, "(process:PID): CRITICAL **: TIME:"), "qemu-ga");

    [GeneratedRegex(@"\(process:\d+\): CRITICAL \*\*: \d\d:\d\d:\d\d\.\d{3}:", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Stamp();

    [GeneratedRegex(@"(^|(?<='))/\S*/qemu-ga(?=:| --help)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ProgramPath();

    [GeneratedRegex(@"^  -\w, --[a-z-]+", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OptionName();
}
