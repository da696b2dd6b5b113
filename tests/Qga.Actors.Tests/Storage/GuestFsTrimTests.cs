using Qga.Platform.Native;

namespace Qga.Actors.Tests.Storage;

public sealed class GuestFsTrimTests : AgentFixture
{
    [Fact]
    public void Every_filesystem_is_trimmed_the_last_mounted_first_and_errors_are_their_own()
    {
        Guest.Mount("/");
        Guest.Mount("/ro").TrimError = Errno.EROFS;
        Guest.Mount("/usb").TrimError = Errno.ENOTTY;
        Guest.Mount("/loop").TrimError = Errno.EOPNOTSUPP;
        Guest.Mount("/secret").OpenError = Errno.EACCES;

        Assert.Equal(
            """
            {"return": {"paths": [{"path": "/secret", "error": "failed to open: Permission denied"}, {"path": "/loop", "error": "trim not supported"}, {"path": "/usb", "error": "trim not supported"}, {"path": "/ro", "error": "failed to trim: Read-only file system"}, {"path": "/", "trimmed": 4096, "minimum": 65536}]}}
            """.Trim(),
            Ask(StartAgent(), "guest-fstrim", "{'minimum': 65536}"));
    }

    [Fact]
    public void Mount_that_does_not_answer_costs_its_own_result()
    {
        var gate = new ManualResetEventSlim();
        Guest.Mount("/");
        Guest.Mount("/hung").OpenGate = gate;

        var trim = Send(StartAgent(), "guest-fstrim");
        Testing.Eventually.True(() => Guest.HeldUp == 1);
        Clock.Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(
            """{"return": {"paths": [{"path": "/hung", "error": "failed to open: no answer within 10 s"}, {"path": "/", "trimmed": 4096, "minimum": 0}]}}""",
            AnswerTo(trim));
        gate.Set();
        Testing.Eventually.True(() => Guest.Mounted[1].Closed == 1);
    }
}
