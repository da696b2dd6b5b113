using Spectre.Console;

namespace Qga.Ctl.Output;

/// <summary>How far something is.</summary>
/// <param name="What">What it is at.</param>
/// <param name="Bytes">How much was done.</param>
/// <param name="Total">How much there is; null if nobody knows.</param>
internal readonly record struct Advance(string What, long Bytes, long? Total);

/// <summary>A bar with a rate and the time that remains, on the error output while something goes on. It is gone afterwards.</summary>
internal static class CopyScreen
{
    /// <summary>From how many columns on all of it is shown, and from how many more than a number.</summary>
    private const int Wide = 80, Narrow = 30;

    private const string Before = "connecting";

    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);

    /// <summary>Shows it, where the error output is a terminal.</summary>
    internal static async Task ShowWhileAsync(ToolStreams streams, Func<Advance> now, Func<Task> work)
    {
        if (!streams.IsErrorTerminal)
        {
            await work();
            return;
        }

        var width = streams.Width;
        var name = new TaskDescriptionColumn { Alignment = Justify.Left };
        ProgressColumn[] columns = width switch
        {
            >= Wide =>
            [
                name, new ProgressBarColumn { Width = width / 4 }, new PercentageColumn(), new TransferSpeedColumn { Base = FileSizeBase.Binary },
                new RemainingTimeColumn(),
            ],
            >= Narrow => [name, new PercentageColumn(), new RemainingTimeColumn()],
            _ => [new PercentageColumn()],
        };
        var longest = width >= Wide ? (width / 2) - 20 : Math.Max(width - 20, 4);
        await Screen.OfErrors(streams).Progress().AutoClear(true).Columns(columns).StartAsync(async context =>
        {
            var task = context.AddTask(Before, maxValue: 1);
            var working = work();
            while (!working.IsCompleted)
            {
                var (what, bytes, total) = now();
                task.Description = what.Length == 0 ? Before : Markup.Escape(TextTable.FromEnd(Printable.Of(what), longest));
                task.IsIndeterminate = total is null;
                task.MaxValue = Math.Max(total ?? bytes, 1);
                task.Value = bytes;
                await Task.WhenAny(working, Task.Delay(Redraw, CancellationToken.None));
            }

            await working;
        });
    }
}
