using Qga.Client;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Groups;
using Qga.Ctl.Output;

namespace Qga.Ctl.Verbs;

/// <summary>Freezes guests as one group, takes a snapshot, and thaws them.</summary>
internal sealed class FreezeVerb : IVerb
{
    private const string SnapshotLimit = "limit", FreezeLimit = "freeze-limit", ThawLimit = "thaw-limit", WatchLimit = "watch-limit";

    /// <summary>A guest could not be frozen; all are thawed.</summary>
    internal const int NotFrozen = 4;

    /// <summary>The snapshot was taken, and it is not proven that all guests were frozen all the while.</summary>
    internal const int Void = 5;

    /// <summary>A guest has not said that it is thawed; the watcher goes on.</summary>
    internal const int MayBeFrozen = 6;

    public string Name => "freeze";

    public string Summary => "Freeze guests as one, run a snapshot command, and thaw them.";

    public string Synopsis => "GUEST... -- PROGRAM [ARGUMENT...]";

    public string Description => """
        All guests are frozen at once, hooks included; then PROGRAM runs; then all are
        thawed. If one can't be frozen all are thawed, and PROGRAM does not run. A
        watcher thaws what is frozen if this tool dies, and ends it if it hangs.

        Exit codes: 0 the snapshot is proven to be consistent; 1 PROGRAM has failed or
        was too slow; 2 usage; 3 a guest can't be reached or is frozen already, and
        nothing was touched; 4 a guest can't be frozen; 5 PROGRAM has succeeded, and it
        is not proven that all guests were frozen all the while; 6 a guest may still be
        frozen, and the watcher goes on; 128 and the signal's number: interrupted, and
        all is thawed.
        """;

    public IReadOnlyList<Option> Options { get; } =
    [
        new(SnapshotLimit, "How long PROGRAM may take; 7.", Value: "SECONDS"),
        new(FreezeLimit, "How long it may take until all are frozen; 30.", Value: "SECONDS"),
        new(ThawLimit, "How long until all are thawed; 30. Then the watcher goes on.", Value: "SECONDS"),
        new(WatchLimit, "How long the watcher tries to thaw what is left; 900.", Value: "SECONDS"),
    ];

    public async Task<int> RunAsync(CommandWords words, VerbContext context)
    {
        if (words.Operands is [] || words.Rest is not { Length: > 0 } command)
            throw new UsageException($"what is needed is {Synopsis}");
        var usual = new GroupLimits();
        var limits = usual with
        {
            Snapshot = words.Seconds(SnapshotLimit) ?? usual.Snapshot,
            Freeze = words.Seconds(FreezeLimit) ?? usual.Freeze,
            Thaw = words.Seconds(ThawLimit) ?? usual.Thaw,
            Watch = words.Seconds(WatchLimit) ?? usual.Watch,
        };

        if (limits.Deadline > CommandWords.Longest)
            throw new UsageException($"--{FreezeLimit} and --{SnapshotLimit} are more than 30 days, with a margin of {GroupLimits.Margin.Seconds} s");
        await using var snapshot = new SnapshotCommand(command, context.IsJson ? context.Streams.ErrorBytes : null);
        var addresses = await Task.WhenAll(words.Operands.Select(name => context.Guests.AddressOfAsync(name, context.Cancellation)));
        (string Name, GuestAddress Address)[] members = [.. words.Operands.Zip(addresses)];
        if (GroupMembers.TwiceIn(members) is var (first, second))
            throw new UsageException(first == second ? $"the guest {first} is named twice" : $"{first} and {second} are the same guest");

        GroupMembers.MakeRoomFor(members.Length);

        // The freeze has a limit of its own, and none of the client's may be shorter.
        var (clock, access) = (new GroupClock(TimeProvider.System), context.OptionsFor());
        access = access with { Timeout = limits.Freeze > access.Timeout ? limits.Freeze : access.Timeout };
        var report = await GroupFreeze.RunAsync(
            [.. members.Select(member => new AgentGuest(member.Name, member.Address, access, clock))],
            snapshot,
            new ThawWatch(WatcherProcess.Program, access),
            limits,
            clock,
            context.Cancellation);

        var exitCode = CodeOf(report, context.Signals.Received);
        try
        {
            Tell(report, exitCode, context);
        }
        catch (IOException failure)
        {
            // What became of the guests is worth more than who reads of it.
            TryNote(failure.Message, context);
        }

        return exitCode;
    }

    private static void Tell(GroupReport report, int exitCode, VerbContext context)
    {
        if (context.IsJson)
        {
            context.Print(GroupText.JsonOf(report, exitCode));
            return;
        }

        foreach (var line in GroupText.LinesOf(report))
            context.Out.WriteLine(Printable.Of(line));
    }

    private static void TryNote(string text, VerbContext context)
    {
        try
        {
            context.Note(text);
        }
        catch (IOException)
        {
            // There is nobody to tell, and the exit code says it.
        }
    }

    private static int CodeOf(GroupReport report, int? signal) => report.Outcome switch
    {
        _ when report.Unsaid.Any() => MayBeFrozen,
        GroupOutcome.Consistent => ExitCode.Success,
        GroupOutcome.Refused => ExitCode.Unreachable,
        GroupOutcome.NotFrozen => NotFrozen,

        // Ctrl-C of a terminal reaches the program, too, and whichever ends first is heard of.
        GroupOutcome.SnapshotFailed when signal is { } number => 128 + number,
        GroupOutcome.SnapshotFailed => ExitCode.Failure,
        GroupOutcome.Void => Void,
        _ => 128 + (signal ?? 0),
    };
}
