using Qga.Platform.Users;
using Qga.Testing;

namespace Qga.Platform.Tests.Users;

public sealed class UserIdentityTests
{
    private static readonly UserAccount User = new("mallory", 54321, 54322, "/") { Groups = [54322, 54323] };

    [ToolFact(NeedsRoot = true)]
    public void Work_has_the_files_identity_of_the_user_and_no_capability_and_no_other_thread_has()
    {
        var before = Identity("/proc/thread-self/status");
        string[] inside = [], beside = [];

        UserIdentity.Run(User, () => (inside, beside) = (Identity("/proc/thread-self/status"), Identity("/proc/self/status")));

        // Real, effective, saved, filesystem: only the last is the user's, so he can't signal or trace the thread (setfsuid(2)).
        Assert.Equal(
            [
                "Uid:\t0\t0\t0\t54321", "Gid:\t0\t0\t0\t54322", "Groups:\t54322 54323",
                "CapInh:\t0000000000000000", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000",
            ],
            inside);
        Assert.Equal(before, beside);
        Assert.Equal(before, Identity("/proc/thread-self/status"));
    }

    [ToolFact(NeedsRoot = true)]
    public void Root_keeps_his_capabilities()
    {
        string[] inside = [];
        UserIdentity.Run(User with { UserId = 0 }, () => inside = Identity("/proc/thread-self/status"));

        Assert.Equal("Uid:\t0\t0\t0\t0", inside[0]);
        Assert.Equal(Identity("/proc/thread-self/status")[5], inside[5]);
    }

    [ToolFact(NeedsRoot = true)]
    public void User_who_can_not_be_assumed_is_refused()
    {
        // The kernel has no such user; a failure to become him must not end in doing it as root.
        var nobody = User with { UserId = uint.MaxValue };
        Assert.Equal(
            "failed to act as user 'mallory': Operation not permitted",
            Assert.Throws<SystemCallException>(() => UserIdentity.Run(nobody, () => Assert.Fail("ran as root"))).Message);
    }

    [ToolFact(NeedsRoot = true)]
    public void Identity_that_is_taken_twice_fails_closed() => UserIdentity.Run(User, () =>
    {
        // The thread has nothing left to become root with, and a thread that it starts inherits that.
        Assert.Equal(
            "failed to act as user 'root': Operation not permitted",
            Assert.Throws<SystemCallException>(() => UserIdentity.Run(new UserAccount("root", 0, 0, "/"), () => { })).Message);
    });

    private static string[] Identity(string status) =>
        [.. File.ReadLines(status).Where(line => line.Split(':')[0] is "Uid" or "Gid" or "Groups" or "CapInh" or "CapPrm" or "CapEff").Select(line => line.TrimEnd())];
}
