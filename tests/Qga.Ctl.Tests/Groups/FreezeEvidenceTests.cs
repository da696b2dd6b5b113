using Newtonsoft.Json.Linq;
using Qga.Ctl.Groups;

namespace Qga.Ctl.Tests.Groups;

public class FreezeEvidenceTests
{
    [Fact]
    public void Last_record_counts()
    {
        var evidence = FreezeEvidence.From(JArray.Parse(
            """[{"verdict": "not consistent", "reason": "old"}, {"id": "2", "verdict": "consistent", "interval": {"from": {}, "to": {}, "nanoseconds": 3000000000}}]"""))!;
        Assert.Equal((true, null, TimeSpan.FromSeconds(3), "2"), (evidence.IsConsistent, evidence.Reason, evidence.Together, (string?)evidence.Record["id"]));
    }

    [Fact]
    public void Record_says_why_it_is_not_consistent()
    {
        var evidence = FreezeEvidence.From(JArray.Parse("""[{"verdict": "not consistent", "reason": "the thaw hook has failed: busy"}]"""))!;
        Assert.Equal((false, "the thaw hook has failed: busy", null), (evidence.IsConsistent, evidence.Reason, evidence.Together));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("7")]
    [InlineData("[7]")]
    [InlineData("""[{"state": "thawing"}]""")]
    [InlineData("""[{"verdict": 1}]""")]
    public void What_is_no_record_is_none(string value) => Assert.Null(FreezeEvidence.From(JToken.Parse(value)));
}
