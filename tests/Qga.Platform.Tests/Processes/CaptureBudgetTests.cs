using Qga.Platform.Processes;

namespace Qga.Platform.Tests.Processes;

public sealed class CaptureBudgetTests
{
    private readonly CaptureBudget _budget = new(limit: 100);

    [Fact]
    public void No_more_is_given_than_there_is()
    {
        Assert.Equal(60, _budget.Reserve(60));
        Assert.Equal(40, _budget.Reserve(41));
        Assert.Equal(0, _budget.Reserve(1));
        Assert.False(_budget.HasRoomFor(1));
        _budget.Release(2);
        Assert.True(_budget.HasRoomFor(2));
        Assert.False(_budget.HasRoomFor(3));
    }

    [Fact]
    public void What_was_fetched_goes_for_what_is_needed_the_oldest_first()
    {
        List<string> evicted = [];
        foreach (var name in (string[])["first", "second", "third"])
        {
            Assert.Equal(30, _budget.Reserve(30));
            _budget.AllowEviction(() =>
            {
                evicted.Add(name);
                _budget.Release(30);
            });
        }

        Assert.True(_budget.HasRoomFor(50));
        Assert.Equal(50, _budget.Reserve(50));
        Assert.Equal(["first", "second"], evicted);
        Assert.Equal(50, _budget.Reserve(101));
        Assert.Equal(["first", "second", "third"], evicted);
    }

    [Fact]
    public void What_is_gone_by_itself_is_not_evicted()
    {
        Assert.Equal(100, _budget.Reserve(100));
        var eviction = _budget.AllowEviction(() => Assert.Fail("evicted"));
        _budget.ForbidEviction(eviction);
        _budget.ForbidEviction(eviction);
        Assert.Equal(0, _budget.Reserve(1));
    }
}
