using Newtonsoft.Json.Linq;
using Qga.Ctl.Groups;

namespace Qga.Ctl.Tests.Groups;

public class FreezeEvidenceTests
{
    [Fact]
    public void Last_record_counts()
    {
        var evidence = FreezeEvidence.From(JArray.Parse(
            """[{"id": "1", "state": "over", "verdict": "not consistent", "reason": "old"}, {"id": "2", "state": "over", "verdict": "consistent"}]"""))!;
        Assert.Equal(("2", "over", true, null, "2"), (evidence.Id, evidence.State, evidence.IsConsistent, evidence.Reason, (string?)evidence.Record["id"]));
    }

    [Fact]
    public void Record_says_why_it_is_not_consistent()
    {
        var evidence = FreezeEvidence.From(JArray.Parse(
            """[{"id": "1", "state": "over", "verdict": "not consistent", "reason": "the thaw hook has failed: busy"}]"""))!;
        Assert.Equal((false, "the thaw hook has failed: busy"), (evidence.IsConsistent, evidence.Reason));
    }

    [Theory]
    [InlineData("""[{"id": "1", "state": "frozen"}]""")]
    [InlineData("""[{"id": "1", "state": "over", "verdict": 1}]""")]
    public void Record_without_a_verdict_is_not_consistent(string value) => Assert.False(FreezeEvidence.From(JToken.Parse(value))!.IsConsistent);

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("7")]
    [InlineData("[7]")]
    [InlineData("""[{"state": "thawing"}]""")]
    [InlineData("""[{"id": "1", "verdict": "consistent"}]""")]
    [InlineData("""[{"id": 1, "state": "over", "verdict": "consistent"}]""")]
    public void What_is_no_record_is_none(string value) => Assert.Null(FreezeEvidence.From(JToken.Parse(value)));
}
