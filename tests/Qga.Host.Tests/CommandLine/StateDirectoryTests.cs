using Qga.Testing;

namespace Qga.Host.Tests.CommandLine;

/// <summary>The published agent with state directories that it can't use, as qemu-ga can't: it ends, and says which option or key is wrong.</summary>
public sealed class StateDirectoryTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public StateDirectoryTests()
    {
        _scratch.Write("file", "");
        File.CreateSymbolicLink(_scratch.PathOf("loop"), "loop");
        Directory.CreateDirectory(_scratch.PathOf("taken/qga.state"));
    }

    public static TheoryData<string, string> Unusable { get; } = new()
    {
        { "file", "Not a directory" },
        { "file/below", "Not a directory" },
        { "loop", "Too many levels of symbolic links" },
        { "loop/below", "Too many levels of symbolic links" },
        { "missing", "No such file or directory" },
        { "taken", "Not a regular file" },
        { new string('x', 256), "File name too long" },
        { "/proc/self/fd", "No such file or directory" },
    };

    public void Dispose() => _scratch.Dispose();

    [PeerTheory]
    [MemberData(nameof(Unusable))]
    public void Option_that_names_one_that_can_not_be_used_ends_both(string name, string reason)
    {
        var directory = _scratch.PathOf(name);

        var (peer, ours) = (Start(PeerAgent.Command!, "-t", directory), Start(PublishedAgent.Executable, "-t", directory));

        Assert.Equal(1, peer.ExitCode);
        Assert.NotEqual(0, ours.ExitCode);
        Assert.Contains(reason, ours.Error, StringComparison.Ordinal);
        Assert.Contains($"the state directory can't be used: it is that of option --statedir={directory}\n", ours.Error, StringComparison.Ordinal);
    }

    /// <summary>A record of the log has no room for the path.</summary>
    [PeerFact]
    public void Path_that_is_too_long_for_the_kernel_ends_both()
    {
        var directory = _scratch.PathOf(string.Concat(Enumerable.Repeat("x/", 2040)));

        Assert.Equal(1, Start(PeerAgent.Command!, "-t", directory).ExitCode);
        Assert.NotEqual(0, Start(PublishedAgent.Executable, "-t", directory).ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("relative/path")]
    public void One_that_is_not_absolute_is_refused(string directory)
    {
        var run = Start(PublishedAgent.Executable, "-t", directory);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains($"state directory \"{directory}\" is no absolute path\n", run.Error, StringComparison.Ordinal);
        Assert.Contains($"that of option --statedir={directory}\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_is_named_that_it_was_given_by()
    {
        var file = _scratch.PathOf("file");
        var configuration = _scratch.Write("qemu-ga.conf", $"[general]\nstatedir={file}\n");
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var run = Start(PublishedAgent.Executable, "-c", configuration);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains($"unable to access state file at path {file}/qga.state: Not a directory\n", run.Error, StringComparison.Ordinal);
        Assert.Contains($"it is that of key statedir={file} in {configuration}\n", run.Error, StringComparison.Ordinal);
    }

    [NamespaceLabFact]
    public void One_that_takes_no_file_ends_it_and_the_default_one_is_made()
    {
        using var lab = new NamespaceLab();
        lab.Run($$"""
            start() { status=0; said=$("{{PublishedAgent.Executable}}" -m unix-listen -p /nonexistent/s "$@" 2>&1) || status=$?; [ $status != 0 ]; }
            mkdir {{_scratch.Root}}/full {{_scratch.Root}}/read-only
            mount -t tmpfs -o nr_inodes=1 full {{_scratch.Root}}/full
            start -t {{_scratch.Root}}/full
            case $said in *"No space left on device"*--statedir={{_scratch.Root}}/full*) ;; *) echo "$said" >&2; exit 1 ;; esac
            mount -t tmpfs -o ro read-only {{_scratch.Root}}/read-only
            start -t {{_scratch.Root}}/read-only
            case $said in *"Read-only file system"*--statedir={{_scratch.Root}}/read-only*) ;; *) echo "$said" >&2; exit 1 ;; esac

            umask 0077
            mount -t tmpfs -o mode=755 var /var
            start
            [ -f /var/run/qga.state -a "$(stat -c '%F %a' /var/run)" = "directory 755" ] || { echo "$said" >&2; exit 1; }
            rm -r /var/run && ln -s made/run /var/run
            start
            [ -f /var/made/run/qga.state ] || { echo "$said" >&2; exit 1; }
            rm -r /var/made /var/run && : > /var/run
            start
            case $said in *"Not a directory"*"/var/run, which is the default: --statedir names another"*) ;; *) echo "$said" >&2; exit 1 ;; esac
            """);
    }

    private static ProcessRun Start(string agent, params string[] options) =>
        ProcessRun.Of("timeout", ["5", agent, "-m", "unix-listen", "-p", "/nonexistent/socket", .. options]);
}
