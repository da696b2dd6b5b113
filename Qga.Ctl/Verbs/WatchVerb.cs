using System.Globalization;
using Newtonsoft.Json.Linq;
using Qga.Client;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Guests;
using Qga.Ctl.Interruption;
using Qga.Ctl.Output;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Qga.Ctl.Verbs;

/// <summary>Shows how guests do, again and again.</summary>
internal sealed class WatchVerb : IVerb
{
    private const int FullPercent = 90;

    /// <summary>From how many columns on there is room for all of the load.</summary>
    private const int Wide = 80;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(200);

    public string Name => "watch";

    public string Summary => "Show how guests do, again and again.";

    public string Synopsis => "GUEST...";

    public string Description => """
        A guest that does not answer is stuck, and it is told for how long. Load and
        memory are a Linux guest's own numbers; FULLEST is the filesystem with the least
        room. A frozen guest tells nothing but that. Between two questions nobody holds
        the guest's socket.

        Where the output is no terminal each answer is a line. Ctrl-C ends it.
        """;

    public IReadOnlyList<Option> Options { get; } =
    [
        new("interval", "The time between two questions; 2.", 'n', "SECONDS"),
        new("count", "End after so many answers of each guest.", Value: "NUMBER"),
    ];

    public async Task<int> RunAsync(CommandWords words, VerbContext context)
    {
        if (words.All is not [_, ..])
            throw new UsageException($"what is needed is {Synopsis}");
        var interval = words.Seconds("interval", least: 0.1) ?? Interval;
        var count = words.Value("count") is { } text ? CountOf(text) : int.MaxValue;
        List<Watched> guests = [];
        foreach (var name in words.All)
            guests.Add(new Watched(name, await context.Guests.AddressOfAsync(name, context.Cancellation)));

        try
        {
            await WatchAsync(guests, interval, count, context);
        }
        catch (OperationCanceledException) when (context.Signals.Received == Signals.Interrupt)
        {
            // Its usual end.
        }

        return ExitCode.Success;
    }

    private static async Task WatchAsync(List<Watched> guests, TimeSpan interval, int count, VerbContext context)
    {
        if (!context.Streams.IsTerminal || context.IsJson)
        {
            using var turns = new SemaphoreSlim(1);
            await Task.WhenAll(guests.Select(guest => AskAsync(guest, interval, count, context, async () =>
            {
                await turns.WaitAsync(context.Cancellation);
                try
                {
                    if (context.IsJson)
                        context.Print(guest.Json());
                    else
                        context.Out.WriteLine(guest.Line());
                }
                finally
                {
                    turns.Release();
                }
            })));
            return;
        }

        var asking = Task.WhenAll(guests.Select(guest => AskAsync(guest, interval, count, context, () => Task.CompletedTask)));
        await Screen.OfOutput(context.Streams).Live(Shown(guests, context.Streams)).StartAsync(async live =>
        {
            while (!asking.IsCompleted)
            {
                await Task.WhenAny(asking, Task.Delay(Redraw, CancellationToken.None));
                live.UpdateTarget(Shown(guests, context.Streams));
            }
        });
        await asking;
    }

    private static int CountOf(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
        ? count
        : throw new UsageException($"--count {text}: a number from 1");

    private static async Task AskAsync(Watched guest, TimeSpan interval, int count, VerbContext context, Func<Task> answered)
    {
        using var timer = new PeriodicTimer(interval);
        for (var asked = 0; ;)
        {
            try
            {
                guest.Answered(await GuestHealth.AskAsync(guest.Address, context.OptionsFor(Patience), context.Cancellation));
            }
            catch (QgaException failure)
            {
                guest.Failed(failure);
            }

            await answered();
            if (++asked == count)
                return;
            await timer.WaitForNextTickAsync(context.Cancellation);
        }
    }

    /// <summary>As many guests as there is room for; where that is not all, those of interest first.</summary>
    internal static (IReadOnlyList<T> Shown, int More) Fit<T>(IReadOnlyList<T> guests, Func<T, int> rank, int height)
    {
        // The heads take a line, and the cursor stands on the last.
        var room = Math.Max(height - 2, 1);
        if (guests.Count <= room)
            return (guests, 0);
        var shown = guests.OrderBy(rank).Take(Math.Max(room - 1, 1)).ToList();
        return (shown, guests.Count - shown.Count);
    }

    private static IRenderable Shown(List<Watched> guests, ToolStreams streams)
    {
        var (shown, more) = Fit(guests, guest => guest.Rank, streams.Height);
        var table = new TextTable("GUEST", "STATE", "LOAD", "MEMORY", "FULLEST");
        foreach (var guest in shown)
            table.Add(guest.Cells(isNarrow: streams.Width < Wide));
        var rows = table.ForTerminal(streams.Width);
        return more == 0 ? rows : new Rows(rows, new Text($"and {more} more"));
    }

    /// <summary>A guest, and what is known of it.</summary>
    private sealed class Watched(string name, GuestAddress address)
    {
        private readonly Lock _lock = new();
        private GuestHealth? _health;
        private QgaException? _failure;
        private DateTimeOffset _lastAnswer = DateTimeOffset.UtcNow;

        internal GuestAddress Address => address;

        internal void Answered(GuestHealth health)
        {
            lock (_lock)
                (_health, _failure, _lastAnswer) = (health, null, DateTimeOffset.UtcNow);
        }

        internal void Failed(QgaException failure)
        {
            lock (_lock)
                _failure = failure;
        }

        /// <summary>Who is looked at first.</summary>
        internal int Rank
        {
            get
            {
                lock (_lock)
                    return _failure is not null ? 0 : _health?.Freeze == FreezeStatus.Frozen ? 1 : 2;
            }
        }

        /// <param name="isNarrow">Whether the load is that of the last minute alone.</param>
        internal Cell[] Cells(bool isNarrow)
        {
            lock (_lock)
            {
                if (_failure is not null)
                    return [name, new(State, CellTone.Bad), "", "", new(_failure.Message, CellTone.Faint)];
                return
                [
                    name,
                    new(State, _health?.Freeze switch { FreezeStatus.Frozen => CellTone.Odd, null => CellTone.Plain, _ => CellTone.Good }),
                    isNarrow ? Load.Split(' ')[0] : Load,
                    _health?.Memory is { } memory
                        ? new Cell($"{memory.PercentUsed} % of {Quantity.Bytes(memory.Total)}", ToneOf(memory.PercentUsed))
                        : "",
                    new(_health?.Fullest is { } full ? $"{full.Percent} % {full.MountPoint}" : "", ToneOf(_health?.Fullest?.Percent)),
                ];
            }
        }

        internal string Line()
        {
            lock (_lock)
            {
                var time = $"{Now} {Printable.Of(name)}";
                if (_failure is not null)
                    return $"{time} {State}: {Printable.Of(_failure.Message)}";
                var full = _health!.Fullest is { } mount ? $"{mount.Percent}% {Printable.Of(mount.MountPoint)}" : "-";
                var memory = _health.Memory is { } told ? $"{told.PercentUsed}%" : "-";
                return $"{time} {State} load={(Load.Length > 0 ? Load : "-")} memory={memory} fullest={full}";
            }
        }

        internal JObject Json()
        {
            lock (_lock)
            {
                return new JObject
                {
                    ["time"] = Now,
                    ["guest"] = name,
                    ["answers"] = _failure is null,
                    ["silentSeconds"] = _failure is null ? 0 : Math.Round((DateTimeOffset.UtcNow - _lastAnswer).TotalSeconds, 1),
                    ["error"] = _failure?.Message,
                    ["frozen"] = _failure is null && _health!.Freeze is { } freeze ? freeze == FreezeStatus.Frozen : null,
                    ["load"] = _failure is null && _health!.Load is { } load ? new JArray(load) : null,
                    ["memoryTotal"] = _failure is null ? _health!.Memory?.Total : null,
                    ["memoryAvailable"] = _failure is null ? _health!.Memory?.Available : null,
                    ["filesystems"] = _failure is null && _health!.FileSystems is { } mounts
                        ? new JArray(mounts.Select(mount => new JObject
                        {
                            ["mountpoint"] = mount.MountPoint,
                            ["usedBytes"] = mount.Used,
                            ["totalBytes"] = mount.Total,
                        }))
                        : null,
                };
            }
        }

        private static string Now => DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

        private string State => this switch
        {
            { _failure: not null } => $"stuck {Quantity.Time(DateTimeOffset.UtcNow - _lastAnswer)}",
            { _health: null } => "asking",
            { _health.Freeze: FreezeStatus.Frozen } => "frozen",
            { _health.Freeze: FreezeStatus.Thawed } => "thawed",
            _ => "answers",
        };

        private string Load =>
            string.Join(" ", (_health?.Load ?? []).Select(number => number.ToString("0.00", CultureInfo.InvariantCulture)));

        private static CellTone ToneOf(int? percent) => percent >= FullPercent ? CellTone.Bad : CellTone.Plain;
    }
}
