using Qga.Testing;

namespace Qga.Ctl.Tests.Verbs;

/// <summary>cp with real agents.</summary>
public class CopyTests
{
    private const string MainNames = "a b/c b/deep/d";

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("bookworm")]
    public async Task Tree_goes_there_and_comes_back(string name)
    {
        using var agent = AgentAttribute.Start(name);
        MakeTree(agent.PathOf("source"));
        Assert.Equal(0, (await ToolRun.OfAsync("cp", "-r", agent.PathOf("source"), $"unix:{agent.SocketPath}:{agent.PathOf("there")}")).ExitCode);
        AssertSame(agent.PathOf("source"), agent.PathOf("there"));

        Directory.CreateDirectory(agent.PathOf("back"));
        var run = await ToolRun.OfAsync("cp", "-r", $"unix:{agent.SocketPath}:{agent.PathOf("there")}", agent.PathOf("back"));
        Assert.Equal((0, "", ""), (run.ExitCode, run.Output, run.Error));
        AssertSame(agent.PathOf("source"), agent.PathOf("back/there"));
    }

    [Theory]
    [Agent("qga")]
    [Agent("bookworm")]
    public async Task File_goes_to_a_name_or_into_a_directory(string name)
    {
        using var agent = AgentAttribute.Start(name);
        var (guest, file) = ($"unix:{agent.SocketPath}:", agent.PathOf("file"));
        File.WriteAllText(file, "content");
        foreach (var folder in new[] { "in", "out" })
            Directory.CreateDirectory(agent.PathOf(folder));
        await AssertCopiedAsync(agent.PathOf("in/file"), file, $"{guest}{agent.PathOf("in")}");
        await AssertCopiedAsync(agent.PathOf("in/other"), file, $"{guest}{agent.PathOf("in/other")}");
        await AssertCopiedAsync(agent.PathOf("out/file"), $"{guest}{file}", agent.PathOf("out"));
        await AssertCopiedAsync(agent.PathOf("out/other"), $"{guest}{file}", agent.PathOf("out/other"));

        var several = await ToolRun.OfAsync("cp", $"{guest}{file}", $"{guest}/none/such", $"{guest}{agent.PathOf("in/other")}", agent.PathOf("out"));
        Assert.Equal((1, "qgactl: /none/such: No such file or directory\n"), (several.ExitCode, several.Error));
        Assert.True(File.Exists(agent.PathOf("out/other")));

        async Task AssertCopiedAsync(string path, params string[] ends)
        {
            var run = await ToolRun.OfAsync(["cp", .. ends]);
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            Assert.Equal("content", File.ReadAllText(path));
        }
    }

    [Fact]
    public async Task Streams_are_ends_as_well()
    {
        using var agent = new PublishedAgent();
        byte[] content = [0, 0xFF, (byte)'\n', .. new byte[100_000]];
        Assert.Equal(0, (await ToolRun.WithInputAsync(content, "cp", "-", $"unix:{agent.SocketPath}:{agent.PathOf("file")}")).ExitCode);
        Assert.Equal(content, File.ReadAllBytes(agent.PathOf("file")));
        var run = await ToolRun.OfAsync("cp", $"unix:{agent.SocketPath}:{agent.PathOf("file")}", "-");
        Assert.Equal(content, run.OutputBytes);
    }

    [Fact]
    public async Task New_file_gets_the_mode_of_its_source_and_another_keeps_its_own()
    {
        using var agent = new PublishedAgent();
        var (guest, source) = ($"unix:{agent.SocketPath}:", agent.PathOf("source"));
        File.WriteAllText(source, "");
        File.SetUnixFileMode(source, Mode("4751"));
        foreach (var path in new[] { "old-here", "old-there" })
        {
            File.WriteAllText(agent.PathOf(path), "");
            File.SetUnixFileMode(agent.PathOf(path), Mode("600"));
        }

        foreach (var path in new[] { "new-there", "old-there" })
            await ToolRun.OfAsync("cp", source, $"{guest}{agent.PathOf(path)}");
        foreach (var path in new[] { "new-here", "old-here" })
            await ToolRun.OfAsync("cp", $"{guest}{source}", agent.PathOf(path));
        Assert.Equal(Mode("751"), File.GetUnixFileMode(agent.PathOf("new-there")));
        Assert.Equal(Mode("751") & ~Qga.Ctl.Copying.LocalTree.Mask, File.GetUnixFileMode(agent.PathOf("new-here")));
        Assert.Equal(Mode("600"), File.GetUnixFileMode(agent.PathOf("old-there")));
        Assert.Equal(Mode("600"), File.GetUnixFileMode(agent.PathOf("old-here")));

        await ToolRun.OfAsync("cp", "-p", source, $"{guest}{agent.PathOf("old-there")}");
        await ToolRun.OfAsync("cp", "-p", $"{guest}{source}", agent.PathOf("old-here"));
        Assert.Equal(Mode("4751"), File.GetUnixFileMode(agent.PathOf("old-there")));

        // A guest gives nobody here the rights of somebody else.
        Assert.Equal(Mode("751"), File.GetUnixFileMode(agent.PathOf("old-here")));
    }

    [Fact]
    public async Task What_is_no_file_is_left_out_and_told()
    {
        using var agent = new PublishedAgent();
        MakeTree(agent.PathOf("source"));
        File.CreateSymbolicLink(agent.PathOf("source/b/out"), "../../x");
        ProcessRun.Of("mkfifo", [agent.PathOf("source/fifo")]);
        var run = await ToolRun.OfAsync("cp", "-r", $"unix:{agent.SocketPath}:{agent.PathOf("source")}", agent.PathOf("copy"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("/source/b/out: the link leads out of the tree, to ../../x, and was left out: --links takes it\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("/source/fifo: it is no regular file, and was left out\n", run.Error, StringComparison.Ordinal);
        Assert.False(new FileInfo(agent.PathOf("copy/b/out")).LinkTarget is not null);
        Assert.True(File.Exists(agent.PathOf("copy/b/deep/d")));

        run = await ToolRun.OfAsync("cp", "-r", "--links", $"unix:{agent.SocketPath}:{agent.PathOf("source")}", agent.PathOf("again"));
        Assert.Equal("../../x", new FileInfo(agent.PathOf("again/b/out")).LinkTarget);
    }

    /// <remarks>A find(1) of the guest's own lists what it likes.</remarks>
    [Theory]
    [InlineData("""d 755 0 0 0 .\0\0f 644 0 0 3 ./../escaped\0\0""")]
    [InlineData("""d 755 0 0 0 .\0\0f 644 0 0 3 ./a/../../escaped\0\0""")]
    [InlineData("""d 755 0 0 0 .\0\0f 644 0 0 3 .@ROOT@/escaped\0\0""")]
    [InlineData("""d 755 0 0 0 .\0\0l 777 0 0 1 ./a\0@ROOT@/outside\0f 644 0 0 3 ./a/escaped\0\0""")]
    [InlineData("""d 755 0 0 0 .\0\0l 777 0 0 1 ./a\0@ROOT@/outside/escaped\0f 644 0 0 3 ./a\0\0""")]
    [InlineData("""d 755 0 0 0 .\0\0d 755 0 0 1 ./old-link\0\0f 644 0 0 3 ./old-link/escaped\0\0""")]
    [InlineData("""d 755 0 0 0 .\0\0f 644 0 0 1 ./old-file\0\0""")]
    public async Task Guest_can_not_have_anything_written_outside_of_the_target(string list)
    {
        using var scratch = new ScratchDirectory();
        var root = Directory.CreateDirectory(scratch.PathOf("host")).FullName;
        var outside = Directory.CreateDirectory($"{root}/outside").FullName;
        Directory.CreateDirectory($"{root}/target");
        File.CreateSymbolicLink($"{root}/target/old-link", outside);
        File.CreateSymbolicLink($"{root}/target/old-file", $"{outside}/escaped");
        scratch.WriteProgram("find", $"#!/bin/sh\ncase $* in *prune*) exit 0 ;; esac\nprintf '{list.Replace("@ROOT@", root, StringComparison.Ordinal)}'\n");
        using var agent = PublishedAgent.StartBy(["env", $"PATH={scratch.Root}:/usr/bin:/bin"]);

        // Whatever path it is asked for, the guest has something to give.
        var guest = Directory.CreateDirectory(scratch.PathOf("guest")).FullName;
        foreach (var path in new[] { "escaped", "a", "old-file" })
        {
            if (path != "a" || !list.Contains("./a/", StringComparison.Ordinal))
                File.WriteAllText($"{guest}/{path}", "bad");
        }

        await ToolRun.OfAsync("cp", "-r", $"unix:{agent.SocketPath}:{guest}/.", $"{root}/target");
        await ToolRun.OfAsync("cp", "-r", "--links", $"unix:{agent.SocketPath}:{guest}/.", $"{root}/target");
        await ToolRun.OfAsync("cp", "-r", "--links", $"unix:{agent.SocketPath}:{guest}/.", $"{root}/target");
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        Assert.Equal(["outside", "target"], Directory.EnumerateFileSystemEntries(root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Resume_passes_over_what_is_the_same()
    {
        using var agent = new PublishedAgent();
        MakeTree(agent.PathOf("source"));
        var guest = $"unix:{agent.SocketPath}:";
        foreach (var (from, to) in new[] { (agent.PathOf("source"), $"{guest}{agent.PathOf("copy")}"), ($"{guest}{agent.PathOf("source")}", agent.PathOf("back")) })
        {
            await ToolRun.OfAsync("cp", "-r", from, to);
            var changed = to.Contains(':', StringComparison.Ordinal) ? agent.PathOf("copy/a") : agent.PathOf("back/a");
            File.WriteAllText(changed, "changed");
            var files = (await ToolRun.OfAsync("cp", "-r", "--resume", "--json", $"{from}/.", to)).Json["files"]!;
            Assert.Equal(["a"], files.Where(file => !(bool)file["isSame"]!).Select(file => Path.GetFileName((string)file["source"]!)));
            Assert.Equal(3, files.Count());
            Assert.Equal("content of a", File.ReadAllText(changed));
        }
    }

    /// <summary>Two files of the largest size that there is, which a guest may well have.</summary>
    [Fact]
    public async Task Sizes_that_a_guest_tells_do_not_overflow()
    {
        using var scratch = new ScratchDirectory();
        const string List = """d 755 0 0 0 .\0\0f 644 0 0 9223372036854775807 ./a\0\0f 644 0 0 9223372036854775807 ./b\0\0""";
        scratch.WriteProgram("find", $"#!/bin/sh\ncase $* in *prune*) exit 0 ;; esac\nprintf '{List}'\n");
        using var agent = PublishedAgent.StartBy(["env", $"PATH={scratch.Root}:/usr/bin:/bin"]);
        var guest = Directory.CreateDirectory(scratch.PathOf("guest")).FullName;
        File.WriteAllText($"{guest}/a", "a");
        File.WriteAllText($"{guest}/b", "b");
        var run = await ToolRun.OfAsync("cp", "-r", $"unix:{agent.SocketPath}:{guest}", scratch.PathOf("copy"));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("b", File.ReadAllText(scratch.PathOf("copy/b")));
    }

    [Fact]
    public async Task Entry_that_can_not_be_copied_does_not_keep_the_rest_from_it()
    {
        using var agent = new PublishedAgent();
        MakeTree(agent.PathOf("source"));
        ProcessRun.Of("bash", ["-c", $"touch {agent.PathOf("source")}/$'x\\xffy'"]);
        Directory.CreateDirectory(agent.PathOf("source/c"));
        File.WriteAllText(agent.PathOf("source/c/file"), "content");

        // A directory is in the way of a link, and a file in that of a directory.
        Directory.CreateDirectory(agent.PathOf("there/b/link"));
        File.WriteAllText(agent.PathOf("there/c"), "");
        var run = await ToolRun.OfAsync("cp", "-r", $"{agent.PathOf("source")}/.", $"unix:{agent.SocketPath}:{agent.PathOf("there")}");

        // The runtime can't name it.
        ProcessRun.Of("bash", ["-c", $"rm {agent.PathOf("source")}/$'x\\xffy'"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("y: the name is no UTF-8, and can't be asked for\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("/b/link is a directory, and a link is to be there\n", run.Error, StringComparison.Ordinal);
        Assert.Matches("/source/./c: mkdir: .*\n", run.Error);
        foreach (var name in MainNames.Split(' '))
            Assert.Equal($"content of {name}", File.ReadAllText(agent.PathOf($"there/{name}")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(agent.PathOf("there/b/link")));
    }

    [Fact]
    public async Task Path_of_a_socket_stands_alone()
    {
        using var agent = new PublishedAgent();
        File.WriteAllText(agent.PathOf("file"), "content");
        var run = await ToolRun.OfAsync("cp", $"{agent.SocketPath}:{agent.PathOf("file")}", agent.PathOf("copy"));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("content", File.ReadAllText(agent.PathOf("copy")));
    }

    [Fact]
    public async Task Copy_that_is_lost_tells_what_was_copied()
    {
        using var agent = new PublishedAgent();
        File.WriteAllText(agent.PathOf("file"), "content");
        var run = await ToolRun.OfAsync("cp", "--json", $"unix:{agent.SocketPath}:{agent.PathOf("file")}", "unix:/none/such:/file", agent.ScratchDirectory);
        Assert.Equal(3, run.ExitCode);
        Assert.Equal("connection", (string?)run.Json["error"]!["kind"]);
    }

    [Fact]
    public async Task Zeros_become_holes()
    {
        using var agent = new PublishedAgent();
        var content = new byte[8 << 20];
        Random.Shared.NextBytes(content.AsSpan(5_000_000, 10_000));
        File.WriteAllBytes(agent.PathOf("source"), content);
        var run = await ToolRun.OfAsync("cp", "--sparse", $"unix:{agent.SocketPath}:{agent.PathOf("source")}", agent.PathOf("copy"));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(content, File.ReadAllBytes(agent.PathOf("copy")));
        Assert.InRange(Blocks(agent.PathOf("copy")), 1, 64);
    }

    [Fact]
    public async Task Device_is_written_to_and_not_replaced()
    {
        using var agent = new PublishedAgent();
        File.WriteAllText(agent.PathOf("source"), "content");
        File.CreateSymbolicLink(agent.PathOf("null"), "/dev/null");
        Assert.Equal(0, (await ToolRun.OfAsync("cp", $"unix:{agent.SocketPath}:{agent.PathOf("source")}", agent.PathOf("null"))).ExitCode);
        Assert.Equal("/dev/null", new FileInfo(agent.PathOf("null")).LinkTarget);
        Assert.Equal("character special file\n", ProcessRun.Of("stat", ["-c", "%F", "/dev/null"]).Output);
    }

    [Theory]
    [InlineData("cp a", "what is needed is SOURCE... TARGET")]
    [InlineData("cp a b", "neither a nor b is a guest's: GUEST:/PATH is, and unix:/SOCKET:/PATH")]
    [InlineData("cp vm1:/a vm2:/b", "from guest to guest is two copies: qgactl cp GUEST:/FILE - | qgactl cp - GUEST:/FILE")]
    [InlineData("cp vm1:/a b vm2:/c", "from guest to guest is two copies: qgactl cp GUEST:/FILE - | qgactl cp - GUEST:/FILE")]
    [InlineData("cp vm1:/a vm1:/b -", "- goes with one file at the other end")]
    [InlineData("cp --json vm1:/a -", null)]
    public async Task Ends_that_make_no_sense_are_told(string words, string? message)
    {
        var run = await ToolRun.OfAsync(words.Split(' '));
        Assert.Equal(2, run.ExitCode);
        if (message is not null)
            Assert.Equal($"qgactl: {message}\nTry 'qgactl cp --help'.\n", run.Error);
    }

    [Theory]
    [InlineData("cp {guest}/none/such {here}", "/none/such: No such file or directory")]
    [InlineData("cp {guest}{here} {here}/x", "{here} is a directory: -r copies it")]
    [InlineData("cp {here} {guest}{here}/x", "{here} is a directory: -r copies it")]
    [InlineData("cp {guest}{here}/f {here}/none/", "{here}/none/ is no directory")]
    [InlineData("cp {here}/f {guest}{here}/none/", "{here}/none/ is no directory")]
    [InlineData("cp -r {guest}{here}/d {here}/f", "{here}/f is no directory")]
    [InlineData("cp {here}/f {guest}{here}/none/x", "{here}/none/x: {here}/none/x: no such directory")]
    public async Task Failure_says_of_what(string words, string message)
    {
        using var agent = new PublishedAgent();
        File.WriteAllText(agent.PathOf("f"), "");
        MakeTree(agent.PathOf("d"));
        var run = await ToolRun.OfAsync(words.Split(' ').Select(Filled).ToArray());
        Assert.Equal((1, $"qgactl: {Filled(message)}\n"), (run.ExitCode, run.Error));

        string Filled(string text) => text.Replace("{guest}", $"unix:{agent.SocketPath}:", StringComparison.Ordinal).Replace("{here}", agent.ScratchDirectory, StringComparison.Ordinal);
    }

    private static void MakeTree(string root)
    {
        Directory.CreateDirectory($"{root}/b/deep/empty");
        foreach (var name in MainNames.Split(' '))
            File.WriteAllText($"{root}/{name}", $"content of {name}");
        File.SetUnixFileMode($"{root}/b/c", Mode("755"));
        File.SetUnixFileMode($"{root}/b/deep", Mode("750"));
        File.CreateSymbolicLink($"{root}/b/link", "../a");
    }

    private static void AssertSame(string expected, string actual)
    {
        Assert.Equal("", ProcessRun.Of("diff", ["-r", "--no-dereference", expected, actual]).Output);
        Assert.True(Directory.Exists($"{actual}/b/deep/empty"));
        foreach (var name in new[] { "b/c", "b/deep" })
            Assert.Equal(File.GetUnixFileMode($"{expected}/{name}"), File.GetUnixFileMode($"{actual}/{name}"));
    }

    /// <summary>How many blocks of 512 bytes a file takes.</summary>
    private static int Blocks(string path) => int.Parse(ProcessRun.Of("stat", ["-c", "%b", path]).Output, System.Globalization.CultureInfo.InvariantCulture);

    private static UnixFileMode Mode(string digits) => (UnixFileMode)Convert.ToInt32(digits, 8);
}
