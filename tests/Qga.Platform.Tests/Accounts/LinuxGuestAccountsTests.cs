using Qga.Platform.Accounts;
using Qga.Platform.Users;
using Qga.Testing;

namespace Qga.Platform.Tests.Accounts;

public sealed class LinuxGuestAccountsTests : IDisposable
{
    private readonly UserHome _home = new();

    [ToolFact(NeedsRoot = true)]
    public void First_key_makes_folder_and_file_for_the_user_alone()
    {
        Add("K1", "K2");

        _home.AssertKeys("K1\nK2\n");
        _home.AssertFolder();
        Assert.Equal(["K1", "K2"], LinuxGuestAccounts.AuthorizedKeys(_home.User));
    }

    [ToolFact(NeedsRoot = true)]
    public void Rights_are_the_same_whatever_the_umask_and_the_group_of_the_home()
    {
        File.SetUnixFileMode(_home.Path, TestLibC.Mode("2755"));
        Assert.Equal(0, ProcessRun.Of("chgrp", ["12345", _home.Path]).ExitCode);

        TestLibC.WithUmask("177", () => Add("K"));

        _home.AssertKeys("K\n");
        _home.AssertFolder();
    }

    [ToolFact(NeedsRoot = true)]
    public void What_is_there_stays_and_gets_the_right_mode()
    {
        _home.WriteKeys("# \u00FF\0\nY\n");
        File.SetUnixFileMode(_home.Keys, TestLibC.Mode("666"));

        Add("Z");
        _home.AssertKeys("# \u00FF\0\nY\nZ\n");

        LinuxGuestAccounts.RemoveAuthorizedKeys(_home.User, ["Y", ""]);
        _home.AssertKeys("# \u00FF\0\nZ\n");

        LinuxGuestAccounts.AddAuthorizedKeys(_home.User, ["X"], reset: true);
        _home.AssertKeys("X\n");

        LinuxGuestAccounts.AddAuthorizedKeys(_home.User, [], reset: true);
        _home.AssertKeys("");
    }

    [ToolFact(NeedsRoot = true)]
    public void Nothing_to_remove_makes_nothing()
    {
        LinuxGuestAccounts.RemoveAuthorizedKeys(_home.User, ["K"]);
        Assert.Empty(Directory.GetFileSystemEntries(_home.Path));

        _home.MakeFolder();
        LinuxGuestAccounts.RemoveAuthorizedKeys(_home.User, ["K"]);
        Assert.Empty(Directory.GetFileSystemEntries(_home.Folder));

        LinuxGuestAccounts.RemoveAuthorizedKeys(_home.User with { Home = "/no/such" }, ["K"]);
    }

    [ToolFact(NeedsRoot = true)]
    public void What_is_missing_is_named()
    {
        string Missing(string home) => $"failed to read '{home}/.ssh/authorized_keys': Failed to open file \u201C{home}/.ssh/authorized_keys\u201D: No such file or directory";

        Assert.Equal(Missing(_home.Path), FailureOf(() => LinuxGuestAccounts.AuthorizedKeys(_home.User)));
        _home.MakeFolder();
        Assert.Equal(Missing(_home.Path), FailureOf(() => LinuxGuestAccounts.AuthorizedKeys(_home.User)));

        var homeless = _home.User with { Home = "/no/such" };
        Assert.Equal(Missing("/no/such"), FailureOf(() => LinuxGuestAccounts.AuthorizedKeys(homeless)));
        Assert.Equal(
            "failed to create directory '/no/such/.ssh': No such file or directory",
            FailureOf(() => LinuxGuestAccounts.AddAuthorizedKeys(homeless, ["K"], reset: true)));

        // Where the agent happens to be is no home.
        Assert.Equal(
            "failed to create directory '.ssh': No such file or directory",
            FailureOf(() => LinuxGuestAccounts.AddAuthorizedKeys(_home.User with { Home = "" }, ["K"], reset: false)));
    }

    [ToolFact(NeedsRoot = true)]
    public void Home_may_be_reached_by_a_link_of_the_administrator()
    {
        var link = Path.Combine(_home.VictimFolder, "home");
        Directory.CreateSymbolicLink(link, _home.Path);

        LinuxGuestAccounts.AddAuthorizedKeys(_home.User with { Home = link }, ["K"], reset: false);

        _home.AssertKeys("K\n");
    }

    [ToolFact(NeedsRoot = true)]
    public void Keys_of_root_are_kept_where_root_needs_his_capabilities()
    {
        TestLibC.Give(_home.Path, 0);
        File.SetUnixFileMode(_home.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var root = new UserAccount("root", 0, 0, _home.Path);

        LinuxGuestAccounts.AddAuthorizedKeys(root, ["K"], reset: false);
        LinuxGuestAccounts.RemoveAuthorizedKeys(root, ["J"]);

        Assert.Equal(["K"], LinuxGuestAccounts.AuthorizedKeys(root));
    }

    [ToolFact(NeedsRoot = true)]
    public void Size_has_a_limit()
    {
        var line = new string('k', AuthorizedKeysFile.MaximumSize / 2);
        _home.WriteKeys(line + "\n");
        Add(new string('l', AuthorizedKeysFile.MaximumSize / 2 - 2));
        Assert.Equal(AuthorizedKeysFile.MaximumSize, new FileInfo(_home.Keys).Length);
        var before = _home.ReadKeys();

        Assert.Equal($"failed to write to '{_home.Keys}': it would be larger than 1048576 bytes", FailureOf(() => Add("x")));
        _home.AssertKeys(before);

        _home.WriteKeys(before + "x");
        Assert.Equal($"failed to read '{_home.Keys}': it is larger than 1048576 bytes", FailureOf(() => Add("y")));
        _home.AssertKeys(before + "x");
    }

    [ToolFact("mount", NeedsRoot = true)]
    public void Full_disk_leaves_the_old_file_as_it_was()
    {
        Assert.Equal(0, ProcessRun.Of("mount", ["-t", "tmpfs", "-o", $"size=16k,mode=700,uid={UserHome.UserId}", "qga-test", _home.Path]).ExitCode);
        try
        {
            _home.WriteKeys("Y\n");

            Assert.Equal($"failed to write to '{_home.Keys}': No space left on device", FailureOf(() => Add(new string('z', 20_000))));
            _home.AssertUnchanged("Y\n");

            Add("Z");
            _home.AssertKeys("Y\nZ\n");
        }
        finally
        {
            ProcessRun.Of("umount", ["-l", _home.Path]);
        }
    }

    public void Dispose() => _home.Dispose();

    private static string FailureOf(Action action) => Assert.ThrowsAny<PlatformException>(action).Message;

    private void Add(params string[] keys) => LinuxGuestAccounts.AddAuthorizedKeys(_home.User, keys, reset: false);
}
