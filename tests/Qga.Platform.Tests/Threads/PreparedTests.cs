using Qga.Platform.Threads;

namespace Qga.Platform.Tests.Threads;

public sealed class PreparedTests
{
    private int _made;

    [Fact]
    public void Use_of_what_nobody_has_made_names_the_call_that_was_forgotten()
    {
        var threads = new Prepared<string>("Spawner.Prepare", Make);

        Assert.Equal("Spawner.Prepare was not called before the first use", Assert.Throws<InvalidOperationException>(() => threads.Value).Message);
        Assert.Equal(0, _made);
    }

    [Fact]
    public void What_is_made_is_there_from_then_on_and_is_made_once()
    {
        var threads = new Prepared<string>("Spawner.Prepare", Make);

        threads.Make();
        threads.Make();

        Assert.Equal("made", threads.Value);
        Assert.Equal(1, _made);
    }

    private string Make()
    {
        _made++;
        return "made";
    }
}
