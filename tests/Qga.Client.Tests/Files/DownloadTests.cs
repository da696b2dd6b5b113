using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Client.Tests.Files;

/// <summary>Downloads on the host's side: what a guest may not do to it, and what others there may not.</summary>
public sealed class DownloadTests : IAsyncDisposable
{
    private const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Usual = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Program = Usual | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly byte[] Content = [.. Enumerable.Range(0, 1000).Select(number => (byte)number)];

    private readonly FakeAgent _agent = new();
    private readonly ScratchDirectory _scratch = new();

    private string Target => _scratch.PathOf("back");

    private string Part => _scratch.PathOf(".back.qga-part");

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        _scratch.Dispose();
    }

    [Theory]
    [InlineData("4755")]
    [InlineData("2755")]
    [InlineData("1755")]
    [InlineData("7755")]
    public async Task Guest_makes_no_program_of_the_host_run_as_somebody_else(string mode)
    {
        _ = new FakeFileGuest(_agent, Content) { Attributes = $"{mode} 0 0" };
        await DownloadAsync(new DownloadOptions { PreserveMode = true, PreserveOwner = Environment.IsPrivilegedProcess });
        Assert.Equal(Program, File.GetUnixFileMode(Target));
        Assert.Equal(Content, await File.ReadAllBytesAsync(Target));
    }

    [Theory]
    [InlineData("   ")]
    [InlineData("644 5000000000 0")]
    [InlineData("644 -1 0")]
    [InlineData("99999999999 0 0")]
    [InlineData("648 0 0")]
    [InlineData("644 0")]
    [InlineData("644 0 0 0")]
    public async Task Mode_and_owner_that_are_none_are_refused(string attributes)
    {
        _ = new FakeFileGuest(_agent, Content) { Attributes = attributes };
        var failure = await Assert.ThrowsAsync<QgaGuestException>(() => DownloadAsync(new DownloadOptions { PreserveMode = true }));
        Assert.Contains("what is no mode and owner", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_behind_a_link_is_replaced_and_the_link_stays()
    {
        _ = new FakeFileGuest(_agent, Content);
        Directory.CreateDirectory(_scratch.PathOf("folder"));
        File.CreateSymbolicLink(Target, "folder/real");
        await DownloadAsync(new DownloadOptions());
        Assert.Equal("folder/real", new FileInfo(Target).LinkTarget);
        Assert.Equal(Content, await File.ReadAllBytesAsync(_scratch.PathOf("folder/real")));
        Assert.Equal(["back", "folder"], Names);
    }

    [Theory]
    [InlineData("folder/real")]
    [InlineData("folder")]
    [InlineData("/dev/null")]
    public async Task Link_is_replaced_itself_where_that_is_asked_for(string link)
    {
        _ = new FakeFileGuest(_agent, Content);
        Directory.CreateDirectory(_scratch.PathOf("folder"));
        File.CreateSymbolicLink(Target, link);
        await DownloadAsync(new DownloadOptions { ReplaceLink = true });
        Assert.Null(new FileInfo(Target).LinkTarget);
        Assert.Equal(Content, await File.ReadAllBytesAsync(Target));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_scratch.PathOf("folder")));
    }

    [Fact]
    public async Task What_is_no_file_is_neither_replaced_nor_written_to()
    {
        _ = new FakeFileGuest(_agent, Content);
        ProcessRun.Of("mkfifo", [Target]);
        File.CreateSymbolicLink(_scratch.PathOf("link"), "back");
        Directory.CreateDirectory(_scratch.PathOf("folder"));
        await using var guest = await _agent.ConnectAsync();
        foreach (var target in new[] { Target, _scratch.PathOf("link") })
            Assert.Contains("is no regular file", (await Assert.ThrowsAsync<IOException>(() => guest.Files.DownloadAsync("/there", target))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => guest.Files.DownloadAsync("/there", _scratch.PathOf("folder")));
        Assert.Equal(["back", "folder", "link"], Names);
        Assert.Equal("fifo", ProcessRun.Of("stat", ["-c", "%F", Target]).Output.Trim());

        await guest.Files.DownloadAsync("/there", new MemoryStream());
        await Assert.ThrowsAsync<ArgumentException>(() => guest.Files.DownloadAsync("/there", new MemoryStream(), new DownloadOptions { Resume = true }));
    }

    [PrivilegedFact]
    public async Task Link_of_another_user_is_not_followed()
    {
        _ = new FakeFileGuest(_agent, Content);
        File.CreateSymbolicLink(Target, "victim");
        ProcessRun.Of("chown", ["-h", "1000:1000", Target]);
        var failure = await Assert.ThrowsAsync<IOException>(() => DownloadAsync(new DownloadOptions()));
        Assert.Contains("is a symbolic link of another user", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["back"], Names);
    }

    [Fact]
    public async Task Second_download_to_a_target_is_refused_and_leaves_the_first_alone()
    {
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        _ = new FakeFileGuest(_agent, Content)
        {
            BeforeRead = () =>
            {
                begun.TrySetResult();
                return go.Task;
            },
        };
        await using var guest = await _agent.ConnectAsync();
        var first = guest.Files.DownloadAsync("/there", Target);
        await begun.Task.WaitAsync(Eventually.Patience);
        foreach (var options in new[] { new DownloadOptions(), new DownloadOptions { Resume = true } })
        {
            var failure = await Assert.ThrowsAsync<IOException>(() => guest.Files.DownloadAsync("/there", Target, options));
            Assert.Contains("another download to it is under way", failure.Message, StringComparison.Ordinal);
        }

        go.SetResult();
        await first.WaitAsync(Eventually.Patience);
        Assert.Equal(Content, await File.ReadAllBytesAsync(Target));
        Assert.Equal(["back"], Names);
    }

    [Fact]
    public async Task Downloads_whose_parts_nobody_is_to_find_know_nothing_of_each_other()
    {
        _ = new FakeFileGuest(_agent, Content);
        await using var guest = await _agent.ConnectAsync();
        var options = new DownloadOptions { KeepPart = false };
        var target = LocalFile.TargetOf(Target);
        await using (var first = LocalPart.Open(target, options))
        await using (var second = LocalPart.Open(target, options))
        {
            Assert.Equal(2, Names.Count());
            first.Remove();
            second.Remove();
        }

        Assert.Empty(Names);
    }

    [Fact]
    public async Task Part_that_was_replaced_meanwhile_does_not_take_the_targets_place()
    {
        _ = new FakeFileGuest(_agent, Content)
        {
            BeforeRead = async () =>
            {
                File.Delete(Part);
                await File.WriteAllTextAsync(Part, "somebody else's");
            },
        };
        var failure = await Assert.ThrowsAsync<IOException>(() => DownloadAsync(new DownloadOptions { KeepPart = false, Resume = true }));
        Assert.Contains("was replaced by somebody else", failure.Message, StringComparison.Ordinal);
        Assert.Equal("somebody else's", await File.ReadAllTextAsync(Part));
        Assert.False(File.Exists(Target));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Part_is_its_owners_alone_to_read_as_long_as_it_grows(bool isReplaced)
    {
        UnixFileMode? mode = null;
        _ = new FakeFileGuest(_agent, Content)
        {
            BeforeRead = () =>
            {
                mode = File.GetUnixFileMode(Part);
                return Task.CompletedTask;
            },
        };
        if (isReplaced)
        {
            await File.WriteAllTextAsync(Target, "old");
            File.SetUnixFileMode(Target, Usual | UnixFileMode.GroupWrite);
            if (Environment.IsPrivilegedProcess)
                ProcessRun.Of("chown", ["7:8", Target]);
        }

        await File.WriteAllTextAsync(Part, "");
        File.SetUnixFileMode(Part, Usual);
        await DownloadAsync(new DownloadOptions { Resume = true });
        Assert.Equal(Secret, mode);
        Assert.Equal(isReplaced ? Usual | UnixFileMode.GroupWrite : Expected(), File.GetUnixFileMode(Target));
        if (isReplaced && Environment.IsPrivilegedProcess)
            Assert.Equal("7:8", ProcessRun.Of("stat", ["-c", "%u:%g", Target]).Output.Trim());

        UnixFileMode Expected()
        {
            var path = _scratch.Write("usual", "");
            return File.GetUnixFileMode(path);
        }
    }

    [PrivilegedFact]
    public async Task Part_that_somebody_else_has_made_is_not_gone_on_with()
    {
        _ = new FakeFileGuest(_agent, Content);
        await File.WriteAllBytesAsync(Part, Content[..500]);
        ProcessRun.Of("chown", ["1000:1000", Part]);
        Assert.Equal(0, (await DownloadAsync(new DownloadOptions { Resume = true })).ResumedAt);
        Assert.Equal("0:0", ProcessRun.Of("stat", ["-c", "%u:%g", Target]).Output.Trim());
    }

    [Fact]
    public async Task Part_with_a_second_name_is_not_gone_on_with()
    {
        _ = new FakeFileGuest(_agent, Content);
        await File.WriteAllBytesAsync(_scratch.PathOf("other"), Content[..500]);
        ProcessRun.Of("ln", [_scratch.PathOf("other"), Part]);
        Assert.Equal(0, (await DownloadAsync(new DownloadOptions { Resume = true })).ResumedAt);
        Assert.Equal(Content[..500], await File.ReadAllBytesAsync(_scratch.PathOf("other")));
    }

    [Fact]
    public async Task Own_part_is_gone_on_with()
    {
        _ = new FakeFileGuest(_agent, Content);
        await File.WriteAllBytesAsync(Part, Content[..500]);
        Assert.Equal(500, (await DownloadAsync(new DownloadOptions { Resume = true })).ResumedAt);
        Assert.Equal(Content, await File.ReadAllBytesAsync(Target));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Guest_that_gives_more_than_was_asked_for_is_not_believed(bool isVerified)
    {
        var file = new FakeFileGuest(_agent, Content) { Surplus = 1 };
        var failure = await Assert.ThrowsAsync<QgaProtocolException>(() => DownloadAsync(new DownloadOptions { Verify = isVerified }));
        Assert.Equal("an answer has 1001 bytes of a file, and 1000 were asked for", failure.Message);
        Assert.Equal(1, file.Reads);
        Assert.Empty(Names);
    }

    [Fact]
    public async Task Program_whose_output_is_more_than_was_asked_for_is_not_believed()
    {
        await using var guest = await _agent.ConnectAsync();
        var opening = GuestFileHandle.OpenAsync(guest, "/out", GuestFileMode.R, default);
        await _agent.AnswerAsync("guest-file-open", 1000);
        var read = (await opening).ReadChunkAsync(default);
        var bytes = new byte[(1 << 20) + 1];
        await _agent.AnswerAsync("guest-file-read", new JObject { ["count"] = bytes.Length, ["buf-b64"] = Convert.ToBase64String(bytes), ["eof"] = false });
        await Assert.ThrowsAsync<QgaProtocolException>(() => read);
    }

    [Theory]
    [InlineData(999)]
    [InlineData(0)]
    public async Task File_that_is_larger_than_it_may_be_is_refused_before_it_is_read(long most)
    {
        var file = new FakeFileGuest(_agent, Content);
        var failure = await Assert.ThrowsAsync<QgaGuestException>(() => DownloadAsync(new DownloadOptions { MaxBytes = most }));
        Assert.Equal($"/there has more than the {most} bytes that are taken of it (MaxBytes)", failure.Message);
        Assert.Equal(0, file.Reads);
        Assert.Empty(Names);
    }

    [Fact]
    public async Task File_without_a_size_and_without_an_end_is_taken_up_to_the_most()
    {
        _ = new FakeFileGuest(_agent, Content) { Size = 0, IsEndless = true };
        await using var guest = await _agent.ConnectAsync();
        using var target = new MemoryStream();
        await Assert.ThrowsAsync<QgaGuestException>(() => guest.Files.DownloadAsync("/dev/zero", target, new DownloadOptions { MaxBytes = 3_000_000 }));
        Assert.InRange(target.Length, 1, 3_000_000);
    }

    [Fact]
    public async Task Sink_that_takes_nothing_yet_holds_nobody_up_and_is_no_timeout()
    {
        var content = new byte[5 << 20];
        Random.Shared.NextBytes(content);
        await using var guest = await _agent.ConnectAsync();
        var sink = new SlowSink();
        var copy = guest.Files.DownloadAsync("/there", sink, new DownloadOptions { Verify = false });
        await _agent.AnswerAsync("guest-file-open", 1000);
        await _agent.AnswerAsync("guest-file-seek", new JObject { ["position"] = content.Length, ["eof"] = false });
        await _agent.AnswerAsync("guest-file-seek", new JObject { ["position"] = 0, ["eof"] = false });
        Answer(await _agent.NextAsync("guest-file-read"), 0);
        await sink.Asked();

        // They are under way while the first is taken.
        var (second, third) = (await _agent.NextAsync("guest-file-read"), await _agent.NextAsync("guest-file-read"));
        var thaw = guest.ThawAsync();
        Answer(second, 1);
        Answer(third, 2);
        await _agent.AnswerAsync("guest-fsfreeze-thaw", 3);
        Assert.Equal(3, await thaw.WaitAsync(Eventually.Patience));
        _agent.Time.Advance(TimeSpan.FromHours(1));
        sink.Go();
        for (var chunk = 3; chunk < 5; chunk++)
            Answer(await _agent.NextAsync("guest-file-read"), chunk);
        await _agent.AnswerAsync("guest-file-close");
        await copy.WaitAsync(Eventually.Patience);
        Assert.Equal(content, sink.Taken.ToArray());

        void Answer(JObject request, int chunk) => _agent.Answer(request, new JObject
        {
            ["count"] = 1 << 20,
            ["buf-b64"] = Convert.ToBase64String(content, chunk << 20, 1 << 20),
            ["eof"] = false,
        });
    }

    [Theory]
    [InlineData("failed to seek file: Invalid argument", true)]
    [InlineData("failed to seek file: Input/output error", false)]
    [InlineData("Command guest-file-seek has been disabled", false)]
    public async Task Only_a_file_that_has_no_size_is_taken_without_one(string reason, bool isTaken)
    {
        await using var guest = await _agent.ConnectAsync();
        using var target = new MemoryStream();
        var copy = guest.Files.DownloadAsync("/there", target);
        await _agent.AnswerAsync("guest-file-open", 1000);
        _agent.Refuse(await _agent.NextAsync("guest-file-seek"), reason);
        if (isTaken)
            _agent.Answer(await _agent.NextAsync("guest-file-read"), new JObject { ["count"] = 1, ["buf-b64"] = "AA==", ["eof"] = true });
        if (isTaken)
            _agent.Answer(await _agent.NextAsync("guest-file-read"), new JObject { ["count"] = 0, ["buf-b64"] = "", ["eof"] = true });
        await _agent.AnswerAsync("guest-file-close");
        if (isTaken)
            Assert.Equal(TransferVerification.Size, (await copy.WaitAsync(Eventually.Patience)).Verification);
        else
            Assert.Equal(reason, (await Assert.ThrowsAsync<QgaCommandException>(() => copy.WaitAsync(Eventually.Patience))).Description);
    }

    [Fact]
    public async Task Sink_that_never_takes_anything_does_not_keep_the_connection_from_being_closed()
    {
        _ = new FakeFileGuest(_agent, Content);
        var guest = await _agent.ConnectAsync();
        var sink = new SlowSink();
        var copy = guest.Files.DownloadAsync("/there", sink);
        await sink.Asked();
        await guest.DisposeAsync().AsTask().WaitAsync(Eventually.Patience);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => copy.WaitAsync(Eventually.Patience));
    }

    [Theory]
    [InlineData(255, 'x')]
    [InlineData(246, 'x')]
    [InlineData(127, 'ä')]
    public async Task Name_may_be_as_long_as_a_name_may_be(int length, char character)
    {
        _ = new FakeFileGuest(_agent, Content);
        await using var guest = await _agent.ConnectAsync();
        var target = _scratch.PathOf(new string(character, length));
        await guest.Files.DownloadAsync("/there", target);
        Assert.Equal(Content, await File.ReadAllBytesAsync(target));
        Assert.Single(Names);
    }

    private IEnumerable<string> Names => Directory.EnumerateFileSystemEntries(_scratch.Root).Select(Path.GetFileName).Order()!;

    private async Task<TransferResult> DownloadAsync(DownloadOptions options)
    {
        await using var guest = await _agent.ConnectAsync();
        return await guest.Files.DownloadAsync("/there", Target, options).WaitAsync(Eventually.Patience);
    }

    /// <summary>Takes nothing until it is told to, and hears of no token.</summary>
    private sealed class SlowSink : DuplexStream
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal MemoryStream Taken { get; } = new();

        internal Task Asked() => _asked.Task.WaitAsync(Eventually.Patience);

        internal void Go() => _go.SetResult();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _asked.TrySetResult();
            await _go.Task;
            Taken.Write(buffer.Span);
        }
    }
}

/// <summary>A test that gives files to others, as root alone may.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PrivilegedFactAttribute : FactAttribute
{
    public PrivilegedFactAttribute() => Skip = Environment.IsPrivilegedProcess ? null : "only root gives files to others";
}
