using Qga.Testing;

namespace Qga.Client.Tests.Agents;

/// <summary>Files to and from real agents.</summary>
public class FilesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData((8 << 20) + 123)]
    public async Task Zeros_become_holes(int size)
    {
        await using var guest = await RealGuest.StartAsync("qga");
        var content = new byte[size];
        if (size > 4096)
            Random.Shared.NextBytes(content.AsSpan(5_000_001, 9_999));
        await File.WriteAllBytesAsync(guest.PathOf("source"), content);
        var copied = await guest.Files.DownloadAsync(guest.PathOf("source"), guest.PathOf("copy"), new DownloadOptions { Sparse = true });
        Assert.Equal((size, TransferVerification.InGuest), (copied.Bytes, size == 0 ? TransferVerification.InGuest : copied.Verification));
        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("copy")));
        Assert.InRange(ulong.Parse(ProcessRun.Of("stat", ["-c", "%b", guest.PathOf("copy")]).Output, System.Globalization.CultureInfo.InvariantCulture), 0UL, 64UL);
    }

    private const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Usual = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>More than is under way at once on a stream.</summary>
    private const int Large = 9_000_001;

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("trixie")]
    [Agent("bookworm")]
    public async Task File_goes_to_the_guest_and_comes_back(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        foreach (var size in new[] { 0, 1, (1 << 20) - 1, 1 << 20, Large })
        {
            var (source, content) = guest.Random("source", size);
            List<TransferProgress> progress = [];
            var up = await guest.Files.UploadAsync(source, guest.PathOf("there"), new Heard<TransferProgress>(progress.Add));
            Assert.Equal(new TransferResult(size, 0, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)), TransferVerification.InGuest), up);
            Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("there")));
            Assert.Equal(Usual, File.GetUnixFileMode(guest.PathOf("there")));
            Assert.Equal(new TransferProgress(TransferPhase.Verifying, 0, size), progress[^1]);
            if (size > 0)
                Assert.Equal(new TransferProgress(TransferPhase.Copying, size, size), progress[^2]);

            var down = await guest.Files.DownloadAsync(guest.PathOf("there"), guest.PathOf("back"));
            Assert.Equal((up.Bytes, up.Sha256), (down.Bytes, down.Sha256));
            Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("back")));
        }

        Assert.Equal(["back", "source", "there"], guest.Names);
        Assert.Empty(guest.Open);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Upload_that_is_given_up_leaves_the_target_alone_and_can_be_resumed(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var (source, content) = guest.Random("source", Large);
        await File.WriteAllTextAsync(guest.PathOf("there"), "old");
        await GiveUpAsync(cancel => guest.Files.UploadAsync(source, guest.PathOf("there"), cancel.Progress, cancel.Token));
        Assert.Equal([".there.qga-part", "source", "there"], guest.Names);
        Assert.Equal("old", await File.ReadAllTextAsync(guest.PathOf("there")));
        Assert.Equal(Secret, File.GetUnixFileMode(guest.PathOf(".there.qga-part")));
        Assert.Empty(guest.Open);
        var left = new FileInfo(guest.PathOf(".there.qga-part")).Length;
        Assert.InRange(left, 1, Large - 1);

        var result = await guest.Files.UploadAsync(source, guest.PathOf("there"), new UploadOptions { Resume = true });
        Assert.Equal((Large, left), (result.Bytes, result.ResumedAt));
        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("there")));
        Assert.Equal(["source", "there"], guest.Names);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task What_is_there_and_differs_is_not_resumed(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var (source, content) = guest.Random("source", Large);
        foreach (var left in new[] { "something else", new string('x', Large + 1) })
        {
            await File.WriteAllTextAsync(guest.PathOf(".there.qga-part"), left);
            await File.WriteAllTextAsync(guest.PathOf(".back.qga-part"), left);

            Assert.Equal(0, (await guest.Files.UploadAsync(source, guest.PathOf("there"), new UploadOptions { Resume = true })).ResumedAt);
            Assert.Equal(0, (await guest.Files.DownloadAsync(guest.PathOf("there"), guest.PathOf("back"), new DownloadOptions { Resume = true })).ResumedAt);
            Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("back")));
        }
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Download_that_is_given_up_leaves_the_target_alone_and_can_be_resumed(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var (source, content) = guest.Random("source", Large);
        await File.WriteAllTextAsync(guest.PathOf("back"), "old");
        await GiveUpAsync(cancel => guest.Files.DownloadAsync(source, guest.PathOf("back"), cancel.Progress, cancel.Token));
        Assert.Equal("old", await File.ReadAllTextAsync(guest.PathOf("back")));
        Assert.Empty(guest.Open);
        var left = new FileInfo(guest.PathOf(".back.qga-part")).Length;
        Assert.InRange(left, 1, Large - 1);

        var result = await guest.Files.DownloadAsync(source, guest.PathOf("back"), new DownloadOptions { Resume = true });
        Assert.Equal((Large, left), (result.Bytes, result.ResumedAt));
        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("back")));
        Assert.Equal(["back", "source"], guest.Names);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Part_is_removed_if_it_is_not_to_be_kept(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var (source, _) = guest.Random("source", Large);
        await GiveUpAsync(cancel => guest.Files.UploadAsync(source, guest.PathOf("there"), new UploadOptions { KeepPart = false }, cancel.Progress, cancel.Token));
        await GiveUpAsync(cancel => guest.Files.DownloadAsync(source, guest.PathOf("back"), new DownloadOptions { KeepPart = false }, cancel.Progress, cancel.Token));

        Assert.Equal(["source"], guest.Names);
        Assert.Empty(guest.Open);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task File_that_is_replaced_keeps_mode_and_owner_unless_others_are_given(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var (source, _) = guest.Random("source", 10);
        var target = guest.PathOf("there");
        await File.WriteAllTextAsync(target, "old");
        File.SetUnixFileMode(target, Secret);
        if (Environment.IsPrivilegedProcess)
            ProcessRun.Of("chown", ["7:8", target]);
        var owner = OwnerOf(target);

        await guest.Files.UploadAsync(source, target);
        Assert.Equal((Secret, owner), (File.GetUnixFileMode(target), OwnerOf(target)));

        File.SetUnixFileMode(source, Secret | UnixFileMode.UserExecute);
        await guest.Files.UploadAsync(source, target, new UploadOptions { PreserveMode = true });
        Assert.Equal(Secret | UnixFileMode.UserExecute, File.GetUnixFileMode(target));

        await guest.Files.UploadAsync(source, target, new UploadOptions { Mode = Usual, PreserveMode = true, Owner = owner });
        Assert.Equal((Usual, owner), (File.GetUnixFileMode(target), OwnerOf(target)));

        await guest.Files.DownloadAsync(source, guest.PathOf("back"), new DownloadOptions { PreserveMode = true });
        Assert.Equal(Secret | UnixFileMode.UserExecute, File.GetUnixFileMode(guest.PathOf("back")));

        if (!Environment.IsPrivilegedProcess)
            return;
        ProcessRun.Of("chown", ["9:10", source]);
        File.SetUnixFileMode(source, Secret | UnixFileMode.SetUser);
        await guest.Files.UploadAsync(source, target, new UploadOptions { PreserveMode = true, PreserveOwner = true });
        Assert.Equal((Secret | UnixFileMode.SetUser, "9:10"), (File.GetUnixFileMode(target), OwnerOf(target)));
        await guest.Files.DownloadAsync(target, guest.PathOf("back"), new DownloadOptions { PreserveMode = true, PreserveOwner = true });
        Assert.Equal((Secret | UnixFileMode.SetUser, "9:10"), (File.GetUnixFileMode(guest.PathOf("back")), OwnerOf(guest.PathOf("back"))));
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task File_behind_a_link_is_replaced_and_the_link_stays(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var (source, content) = guest.Random("source", 10);
        Directory.CreateDirectory(guest.PathOf("folder"));
        File.CreateSymbolicLink(guest.PathOf("link"), "folder/there");
        await guest.Files.UploadAsync(source, guest.PathOf("link"));

        Assert.Equal("folder/there", new FileInfo(guest.PathOf("link")).LinkTarget);
        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("folder/there")));
        Assert.Equal(["folder", "link", "source"], guest.Names);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task What_is_in_the_place_of_the_part_is_not_followed(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var (source, content) = guest.Random("source", 10);
        await File.WriteAllTextAsync(guest.PathOf("victim"), "untouched");
        foreach (var part in new[] { ".there.qga-part", ".back.qga-part" })
            File.CreateSymbolicLink(guest.PathOf(part), "victim");
        await guest.Files.UploadAsync(source, guest.PathOf("there"), new UploadOptions { Resume = true });
        await guest.Files.DownloadAsync(source, guest.PathOf("back"), new DownloadOptions { Resume = true });

        Assert.Equal("untouched", await File.ReadAllTextAsync(guest.PathOf("victim")));
        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("there")));
        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("back")));
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Guest_that_runs_no_programs_is_written_to_in_place_and_read_back(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent, "-b", "guest-exec");
        var (source, content) = guest.Random("source", Large);
        var result = await guest.Files.UploadAsync(source, guest.PathOf("there"));
        Assert.Equal(TransferVerification.ReadBack, result.Verification);
        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("there")));

        result = await guest.Files.DownloadAsync(guest.PathOf("there"), guest.PathOf("back"));
        Assert.Equal(TransferVerification.ReadBack, result.Verification);
        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("back")));

        var refused = await Assert.ThrowsAsync<QgaUnsupportedException>(() => guest.Files.UploadAsync(source, guest.PathOf("there")));
        Assert.Contains("InPlace writes to it", refused.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("there")));

        var inPlace = new UploadOptions { InPlace = true };
        await GiveUpAsync(cancel => guest.Files.UploadAsync(source, guest.PathOf("there"), inPlace, cancel.Progress, cancel.Token));
        Assert.Equal(0, new FileInfo(guest.PathOf("there")).Length);
        Assert.Equal(["back", "source", "there"], guest.Names);
        Assert.Empty(guest.Open);

        var failure = await Assert.ThrowsAsync<QgaUnsupportedException>(() => guest.Files.UploadAsync(source, guest.PathOf("there"), new UploadOptions { Mode = Secret }));
        Assert.Contains("runs no programs for its host", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guest_that_can_take_no_sum_is_read_back()
    {
        using var tools = new ScratchDirectory();
        foreach (var tool in new[] { "readlink", "rm", "wc", "stat", "chown", "chmod", "mv", "cat", "head", "cut" })
            File.CreateSymbolicLink(tools.PathOf(tool), ToolFactAttribute.Find(tool)!);
        await using var guest = await RealGuest.ConnectAsync(PublishedAgent.StartBy(["env", $"PATH={tools.Root}"]));
        var (source, content) = guest.Random("source", Large);
        await GiveUpAsync(cancel => guest.Files.UploadAsync(source, guest.PathOf("there"), cancel.Progress, cancel.Token));

        var result = await guest.Files.UploadAsync(source, guest.PathOf("there"), new UploadOptions { Resume = true });
        Assert.Equal(TransferVerification.ReadBack, result.Verification);
        Assert.InRange(result.ResumedAt, 1, Large - 1);
        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("there")));

        result = await guest.Files.DownloadAsync(guest.PathOf("there"), guest.PathOf("back"));
        Assert.Equal(TransferVerification.ReadBack, result.Verification);
    }

    [Fact]
    public async Task Streams_are_copied_too()
    {
        await using var guest = await RealGuest.StartAsync(AgentAttribute.Ours);
        var (source, content) = guest.Random("source", Large);
        using MemoryStream up = new(content), down = new();
        up.Position = 1000;
        var result = await guest.Files.UploadAsync(up, guest.PathOf("there"));
        Assert.Equal(Large - 1000, result.Bytes);
        await guest.Files.DownloadAsync(source, down);
        Assert.Equal(content, down.ToArray());
        Assert.Equal(content[1000..], await File.ReadAllBytesAsync(guest.PathOf("there")));
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task File_without_a_size_is_copied_to_its_end(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        using var target = new MemoryStream();
        var result = await guest.Files.DownloadAsync("/proc/version", target);

        Assert.Equal(await File.ReadAllBytesAsync("/proc/version"), target.ToArray());
        Assert.Equal(TransferVerification.Size, result.Verification);
    }

    [Fact]
    public async Task File_that_grows_is_copied_as_it_was_at_the_start()
    {
        await using var guest = await RealGuest.StartAsync(AgentAttribute.Ours);
        var (source, content) = guest.Random("log", Large);
        var result = await guest.Files.DownloadAsync(source, guest.PathOf("back"), new Heard<TransferProgress>(_ => File.AppendAllText(source, "more")));

        Assert.Equal(content, await File.ReadAllBytesAsync(guest.PathOf("back")));
        Assert.Equal(Large, result.Bytes);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Copy_that_differs_is_an_error_and_not_kept(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var (source, _) = guest.Random("source", Large);
        await File.WriteAllTextAsync(guest.PathOf("there"), "old");
        await Assert.ThrowsAsync<QgaVerificationException>(() => guest.Files.UploadAsync(source, guest.PathOf("there"), Spoil(guest.PathOf(".there.qga-part"))));
        Assert.Equal("old", await File.ReadAllTextAsync(guest.PathOf("there")));

        await Assert.ThrowsAsync<QgaVerificationException>(() => guest.Files.DownloadAsync(source, guest.PathOf("back"), Spoil(source)));
        Assert.Equal(["source", "there"], guest.Names);

        // The first byte, which was copied before.
        static Heard<TransferProgress> Spoil(string path) => new(progress =>
        {
            if (progress is not { Phase: TransferPhase.Verifying, Bytes: 0 })
                return;
            using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var first = file.ReadByte();
            file.Position = 0;
            file.WriteByte((byte)~first);
        });
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task What_can_not_be_copied_is_named(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var (source, _) = guest.Random("source", 10);
        ProcessRun.Of("mkfifo", [guest.PathOf("fifo")]);

        Assert.Contains("No such file", (await Failure(guest.Files.DownloadAsync(guest.PathOf("none"), guest.PathOf("back")))).Message, StringComparison.Ordinal);
        Assert.IsType<QgaCommandException>(await Failure(guest.Files.DownloadAsync(guest.PathOf(""), guest.PathOf("back"))));
        Assert.Contains("is no regular file", (await Failure(guest.Files.DownloadAsync(guest.PathOf("fifo"), guest.PathOf("back")))).Message, StringComparison.Ordinal);
        Assert.Contains("is a directory", (await Failure(guest.Files.UploadAsync(source, guest.PathOf("")))).Message, StringComparison.Ordinal);
        Assert.Contains("no such directory", (await Failure(guest.Files.UploadAsync(source, guest.PathOf("none/there")))).Message, StringComparison.Ordinal);
        Assert.Contains("is no regular file", (await Failure(guest.Files.UploadAsync(source, guest.PathOf("fifo")))).Message, StringComparison.Ordinal);
        var options = new UploadOptions { Owner = "nobody-here", KeepPart = false };
        Assert.Contains("invalid user", (await Failure(guest.Files.UploadAsync(source, guest.PathOf("there"), options))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FileNotFoundException>(() => guest.Files.UploadAsync(guest.PathOf("none"), guest.PathOf("there")));
        Assert.Equal(["fifo", "source"], guest.Names);
        Assert.Empty(guest.Open);

        static async Task<QgaException> Failure(Task copy) => await Assert.ThrowsAnyAsync<QgaException>(() => copy);
    }

    [Fact]
    public async Task Write_that_fails_in_the_middle_ends_the_upload_with_its_reason()
    {
        await using var guest = await RealGuest.ConnectAsync(PublishedAgent.StartBy(["prlimit", "--fsize=2000000"]));
        var content = new byte[Large];
        var failure = await Assert.ThrowsAsync<QgaCommandException>(
            () => guest.Files.UploadAsync(new MemoryStream(content), guest.PathOf("there"), new UploadOptions { KeepPart = false }));

        Assert.Contains("File too large", failure.Message, StringComparison.Ordinal);
        Assert.Empty(guest.Names);
        Assert.Empty(guest.Open);
        await guest.Agent.PingAsync();
    }

    private static string OwnerOf(string path) => ProcessRun.Of("stat", ["-c", "%u:%g", path]).Output.Trim();

    /// <summary>Cancels a copy when its first part has arrived.</summary>
    private static async Task GiveUpAsync(Func<(IProgress<TransferProgress> Progress, CancellationToken Token), Task> copy)
    {
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy((new Heard<TransferProgress>(_ => cancel.Cancel()), cancel.Token)));
    }
}
