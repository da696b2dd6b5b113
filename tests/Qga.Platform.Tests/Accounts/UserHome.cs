using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Users;
using Qga.Testing;

namespace Qga.Platform.Tests.Accounts;

/// <summary>The home of a user who is known to nobody but the test, and a place of root's that is none of his business.</summary>
internal sealed class UserHome : IDisposable
{
    public const uint UserId = 54321;
    public const string Secret = "a secret of root's\n";

    private static readonly UnixFileMode Everything = TestLibC.Mode("777");

    private readonly ScratchDirectory _scratch = new();

    public UserHome()
    {
        File.SetUnixFileMode(_scratch.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(Path);
        TestLibC.Give(Path, UserId);

        // Any identity might do anything there: what keeps us off is only that no link is followed.
        Directory.CreateDirectory(VictimFolder);
        File.SetUnixFileMode(VictimFolder, Everything);
        File.WriteAllText(VictimFile, Secret);
        File.SetUnixFileMode(VictimFile, Everything);
    }

    public UserAccount User => new("mallory", UserId, UserId, Path);

    public string Path => _scratch.PathOf("home");

    public string Folder => PathOf(".ssh");

    public string Keys => PathOf(".ssh/authorized_keys");

    public string VictimFolder => _scratch.PathOf("victim");

    public string VictimFile => System.IO.Path.Combine(VictimFolder, "authorized_keys");

    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    public void MakeFolder()
    {
        Directory.CreateDirectory(Folder);
        TestLibC.Give(Folder, UserId);
    }

    /// <summary>Makes the file; each character is one byte.</summary>
    public void WriteKeys(string text)
    {
        MakeFolder();
        File.WriteAllBytes(Keys, Encoding.Latin1.GetBytes(text));
        TestLibC.Give(Keys, UserId);
    }

    public string ReadKeys() => File.ReadAllText(Keys, Encoding.Latin1);

    /// <summary>Asserts that the file has that text, is the user's alone, and that nothing lies beside it.</summary>
    public void AssertKeys(string text)
    {
        AssertUnchanged(text);
        Assert.Equal((UserId, UserId, "100600"), OwnerAndMode(Keys));
    }

    /// <summary>Asserts that the file has that text still, and that nothing lies beside it.</summary>
    public void AssertUnchanged(string text)
    {
        Assert.Equal(text, ReadKeys());
        Assert.Equal([Keys], Directory.GetFileSystemEntries(Folder));
    }

    public void AssertFolder() => Assert.Equal((UserId, UserId, "40700"), OwnerAndMode(Folder));

    public void AssertVictimIsUntouched()
    {
        Assert.Equal([VictimFile], Directory.GetFileSystemEntries(VictimFolder));
        Assert.Equal(Secret, File.ReadAllText(VictimFile));
        Assert.Equal((0u, 0u, "100777"), OwnerAndMode(VictimFile));
        Assert.Equal((0u, 0u, "40777"), OwnerAndMode(VictimFolder));
    }

    public void Dispose() => _scratch.Dispose();

    private static (uint User, uint Group, string Mode) OwnerAndMode(string path)
    {
        Assert.Equal(Errno.Success, LibC.LinkStatus(path, out var status));
        return (status.Uid, status.Gid, Convert.ToString(status.Mode, 8));
    }
}
