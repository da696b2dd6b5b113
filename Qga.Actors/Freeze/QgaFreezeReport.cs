using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Freeze;

/// <summary><c>__org.qga_freeze-report</c>: the records of the last freezes, the one that is going on included; the oldest first.</summary>
/// <param name="Id">The one that is wanted; null for any.</param>
/// <param name="Count">How many of the last at most; null for all that are known.</param>
public sealed record QgaFreezeReport(string? Id, long? Count) : ICommand<FreezeLedger>
{
    public static QgaFreezeReport Parse(QmpArguments arguments) => new(arguments.OptionalString("id"), arguments.OptionalInteger("count"));

    public static CommandDescription Describe() => new("Tells what the last freezes were worth: what was frozen from when to when, and how it ended.")
    {
        Arguments =
        [
            new("id", "which freeze; left out for any"),
            new("count", "how many of the last; left out for all that are known") { Minimum = 1, Maximum = FreezeLedger.Most },
        ],
        Result = SchemaType.ListOf(FreezeRecordText.Schema),
        Errors = [new("freeze 'ID' has not been found", "no such freeze is known, or not any more")],
        Notes =
        [
            "It is there, and in guest-info, only with `extensions=true` in group `[qga]` of the guest's configuration; lists and rules may take "
            + "it away. docs/evidence.md says how a snapshot's time is held against the interval.",
            "The oldest comes first. The freeze that is going on is the last.",
        ],
    };

    public IQmpValue Execute(FreezeLedger ledger)
    {
        if (Count is < 1 or > FreezeLedger.Most)
            throw new CommandException($"Parameter 'count' expects a number from 1 to {FreezeLedger.Most}");
        var found = ledger.Records(Id);
        if (Id is not null && found.Count == 0)
            throw new CommandException($"freeze '{QmpError.Quoted(Id)}' has not been found");
        return new FreezeReport(found.TakeLast((int)(Count ?? FreezeLedger.Most)));
    }
}
