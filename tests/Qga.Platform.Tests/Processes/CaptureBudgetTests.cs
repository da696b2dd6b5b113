using Qga.Platform.Processes;

namespace Qga.Platform.Tests.Processes;

public sealed class CaptureBudgetTests
{
    private readonly CaptureBudget _budget = new(limit: 100);

    [Fact]
    public void No_more_is_given_than_there_is()
    {
        Assert.True(_budget.TryReserve(60));
        Assert.False(_budget.TryReserve(41));
        Assert.True(_budget.TryReserve(40));
        Assert.False(_budget.HasRoom);
        _budget.Release(1);
        Assert.True(_budget.HasRoom);
    }

    [Fact]
    public void What_was_fetched_goes_for_what_is_needed_the_oldest_first()
    {
        List<string> evicted = [];
        foreach (var name in (string[])["first", "second", "third"])
        {
            Assert.True(_budget.TryReserve(30));
            _budget.AllowEviction(() =>
            {
                evicted.Add(name);
                _budget.Release(30);
            });
        }

        Assert.True(_budget.HasRoom);
        Assert.True(_budget.TryReserve(50));
        Assert.Equal(["first", "second"], evicted);
        Assert.False(_budget.TryReserve(101));
    }

    [Fact]
    public void What_is_gone_by_itself_is_not_evicted()
    {
        Assert.True(_budget.TryReserve(100));
        var eviction = _budget.AllowEviction(() => Assert.Fail("evicted"));
        _budget.ForbidEviction(eviction);
        _budget.ForbidEviction(eviction);
        Assert.False(_budget.TryReserve(1));
    }
}
