using Qga.Platform.Accounts;
using Qga.Testing;

namespace Qga.Platform.Tests.Accounts;

/// <summary>The user lays traps for an agent that is root. Nothing outside his home is read, written or given away.</summary>
public sealed class HostileHomeTests : IDisposable
{
    private const string Link = "is a symbolic link, which is not followed";

    private readonly UserHome _home = new();

    private string NotOpened => $"failed to read '{_home.Keys}': Failed to open file \u201C{_home.Keys}\u201D";

    [ToolFact(NeedsRoot = true)]
    public void Folder_that_is_a_link_is_not_followed()
    {
        Directory.CreateSymbolicLink(_home.Folder, _home.VictimFolder);

        AssertAllRefused(
            $"{NotOpened}: .ssh {Link}", $"failed to open '{_home.Folder}': .ssh {Link}", $"failed to open '{_home.Folder}': .ssh {Link}");
    }

    [ToolFact(NeedsRoot = true)]
    public void File_that_is_a_link_is_not_followed()
    {
        _home.MakeFolder();
        File.CreateSymbolicLink(_home.Keys, _home.VictimFile);

        AssertAllRefused($"{NotOpened}: authorized_keys {Link}");
        AssertResetReplacesIt();
    }

    [ToolFact(NeedsRoot = true)]
    public void Link_to_nothing_makes_nothing_appear_there()
    {
        _home.MakeFolder();
        File.CreateSymbolicLink(_home.Keys, Path.Combine(_home.VictimFolder, "new"));

        AssertAllRefused($"{NotOpened}: authorized_keys {Link}");
        AssertResetReplacesIt();
    }

    [ToolFact(NeedsRoot = true)]
    public void Hard_link_is_not_read()
    {
        _home.MakeFolder();
        TestLibC.Link(_home.VictimFile, _home.Keys);

        AssertAllRefused($"{NotOpened}: it has another name elsewhere, by a hard link");
        AssertResetReplacesIt();
    }

    [ToolFact(NeedsRoot = true)]
    public void File_of_another_user_is_not_read()
    {
        _home.WriteKeys("his\n");
        TestLibC.Give(_home.Keys, 12345);
        File.SetUnixFileMode(_home.Keys, TestLibC.Mode("777"));

        AssertAllRefused($"{NotOpened}: it belongs to another user, with ID 12345");
        AssertResetReplacesIt();
    }

    [ToolFact(NeedsRoot = true)]
    public void Folder_of_another_user_is_not_used()
    {
        _home.WriteKeys("his\n");
        TestLibC.Give(_home.Folder, 12345);
        File.SetUnixFileMode(_home.Folder, TestLibC.Mode("777"));

        const string Reason = "it belongs to another user, with ID 12345";
        AssertAllRefused($"{NotOpened}: {Reason}", $"failed to open '{_home.Folder}': {Reason}", $"failed to open '{_home.Folder}': {Reason}");
    }

    [ToolFact(NeedsRoot = true)]
    public void Fifo_holds_nobody_up()
    {
        _home.MakeFolder();
        TestLibC.MakeFifo(_home.Keys);
        TestLibC.Give(_home.Keys, UserHome.UserId);

        AssertAllRefused($"{NotOpened}: it is not a regular file");
        AssertResetReplacesIt();
    }

    [ToolFact(NeedsRoot = true)]
    public void Fifo_in_place_of_the_folder_holds_nobody_up()
    {
        TestLibC.MakeFifo(_home.Folder);
        TestLibC.Give(_home.Folder, UserHome.UserId);

        AssertAllRefused(
            $"{NotOpened}: Not a directory", $"failed to open '{_home.Folder}': Not a directory",
            $"failed to open '{_home.Folder}': Not a directory");
    }

    [ToolFact(NeedsRoot = true)]
    public void Directory_in_place_of_the_file_is_an_error()
    {
        Directory.CreateDirectory(_home.Keys);
        TestLibC.Give(_home.Folder, UserHome.UserId);

        AssertAllRefused(
            $"{NotOpened}: it is not a regular file", $"{NotOpened}: it is not a regular file", $"failed to write to '{_home.Keys}': Is a directory");
        Assert.Equal([_home.Keys], Directory.GetFileSystemEntries(_home.Folder));
    }

    [ToolFact(NeedsRoot = true)]
    public void What_the_user_may_not_do_is_not_done_for_him()
    {
        // A file of root's is safe from reading, not from being replaced by him who owns the directory.
        _home.MakeFolder();
        File.WriteAllText(_home.Keys, UserHome.Secret);
        File.SetUnixFileMode(_home.Keys, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        AssertAllRefused($"{NotOpened}: Permission denied");

        TestLibC.Give(_home.Folder, 0);
        Assert.Equal($"failed to write to '{_home.Keys}': Permission denied", FailureOf(() => Add(reset: true)));
        Assert.Equal(UserHome.Secret, _home.ReadKeys());

        TestLibC.Give(_home.Path, 0);
        Directory.Delete(_home.Folder, recursive: true);
        Assert.Equal($"failed to create directory '{_home.Folder}': Permission denied", FailureOf(() => Add(reset: true)));

        File.SetUnixFileMode(_home.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        AssertAllRefused(
            $"{NotOpened}: Permission denied", $"failed to open '{_home.Folder}': Permission denied",
            $"failed to open '{_home.Folder}': Permission denied");
    }

    [ToolFact(NeedsRoot = true)]
    public void Keys_that_can_not_be_read_are_not_lost()
    {
        _home.WriteKeys("Y\n");
        File.SetUnixFileMode(_home.Keys, UnixFileMode.None);

        AssertAllRefused($"{NotOpened}: Permission denied");
        Assert.Equal("Y\n", _home.ReadKeys());
    }

    [ToolFact(NeedsRoot = true)]
    public void Folder_that_is_swapped_for_a_link_all_the_time_leads_nowhere()
    {
        _home.WriteKeys("own\n");
        var trap = _home.PathOf("trap");
        Directory.CreateSymbolicLink(trap, _home.VictimFolder);

        AssertNothingLeaks(() =>
        {
            TestLibC.Exchange(_home.Folder, trap);
            TestLibC.Exchange(_home.Folder, trap);
        });
    }

    [Trait("Speed", "Slow")]
    [ToolFact(NeedsRoot = true)]
    public void File_that_is_swapped_for_a_link_all_the_time_leads_nowhere()
    {
        _home.WriteKeys("own\n");
        var trap = _home.PathOf("trap");

        AssertNothingLeaks(() =>
        {
            // A link that was replaced is gone.
            File.Delete(trap);
            File.CreateSymbolicLink(trap, _home.VictimFile);
            TestLibC.Exchange(_home.Keys, trap);
            TestLibC.Exchange(_home.Keys, trap);
        });
    }

    public void Dispose() => _home.Dispose();

    private static string FailureOf(Action action) => Assert.ThrowsAny<PlatformException>(action).Message;

    private void Add(bool reset) => LinuxGuestAccounts.AddAuthorizedKeys(_home.User, ["new"], reset);

    private void AssertAllRefused(string read, string? add = null, string? reset = null)
    {
        Assert.Equal(read, FailureOf(() => LinuxGuestAccounts.AuthorizedKeys(_home.User)));
        Assert.Equal(read, FailureOf(() => LinuxGuestAccounts.RemoveAuthorizedKeys(_home.User, ["his"])));
        Assert.Equal(add ?? read, FailureOf(() => Add(reset: false)));
        if (reset is not null)
            Assert.Equal(reset, FailureOf(() => Add(reset: true)));
        _home.AssertVictimIsUntouched();
    }

    /// <summary>The name is the user's; what it led to is not touched.</summary>
    private void AssertResetReplacesIt()
    {
        Add(reset: true);
        _home.AssertKeys("new\n");
        _home.AssertVictimIsUntouched();
    }

    private void AssertNothingLeaks(Action swap)
    {
        using var end = new CancellationTokenSource();
        var attacker = new Thread(() =>
        {
            while (!end.IsCancellationRequested)
                swap();
        });
        attacker.Start();
        try
        {
            // Until the attacker has been in time often enough, and we too.
            var (done, refused) = (0, 0);
            Eventually.True(() =>
            {
                foreach (var reset in (bool[])[false, true])
                {
                    foreach (var attempt in (Action[])[() => Add(reset), AssertNoSecret, () => LinuxGuestAccounts.RemoveAuthorizedKeys(_home.User, ["new"])])
                    {
                        try
                        {
                            attempt();
                            done++;
                        }
                        catch (PlatformException)
                        {
                            refused++;
                        }
                    }
                }

                return done >= 100 && refused >= 100;
            });
        }
        finally
        {
            end.Cancel();
            attacker.Join();
        }

        _home.AssertVictimIsUntouched();
        Assert.DoesNotContain(UserHome.Secret.TrimEnd(), _home.ReadKeys());
    }

    private void AssertNoSecret() => Assert.DoesNotContain(UserHome.Secret.TrimEnd(), LinuxGuestAccounts.AuthorizedKeys(_home.User));
}
