using System.Text;

namespace Qga.Ctl.Groups;

/// <summary>
/// The watcher's own end: it waits for the end of the tool, which it brings about itself when the tool is past its deadline, and then thaws
/// the guests that the tool has not told to be thawed, until they have said so or its own time is over.
/// </summary>
/// <param name="news">What the tool says: a <see cref="WatchOrder"/>, and <see cref="WatchNews"/>.</param>
/// <param name="answers">Where it says that it watches.</param>
/// <param name="reach">Makes the guest of an address.</param>
/// <param name="endTool">Ends the tool, of that number, at once; as long as it lives it may hold the only connection to a guest.</param>
/// <param name="clock">What deadlines are by.</param>
internal sealed class ThawWatcher(
    Stream news, Stream answers, Func<WatchOrder, string, IFreezableGuest> reach, Action<int> endTool, TimeProvider clock)
{
    /// <summary>
    /// How long one answer of a guest is waited for at first, unless the tool waits longer, and how long at most: a guest that was slow once gets
    /// twice the time.
    /// </summary>
    private static readonly TimeSpan FirstAttempt = TimeSpan.FromSeconds(10), LongestAttempt = TimeSpan.FromMinutes(2);

    /// <summary>How long after an attempt the next one begins.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a guest is looked at whose freeze was never answered: a program that has outlived the tool may just be asking for it.
    /// </summary>
    internal static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    /// <summary>How long the end of a tool that was killed may take to be heard of.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(2);

    /// <summary>What became of a guest that the tool has left.</summary>
    /// <param name="Address">Which.</param>
    /// <param name="WasFrozen">Whether it was frozen.</param>
    /// <param name="Failure">Why it may still be; null if it has said that it is thawed.</param>
    internal sealed record Left(string Address, bool WasFrozen, string? Failure);

    /// <summary>Watches to the end.</summary>
    /// <returns>The guests that the tool has left; none if it has thawed them all, or has ended before it froze any.</returns>
    internal async Task<IReadOnlyList<Left>> RunAsync()
    {
        using var reader = new StreamReader(news, Encoding.UTF8);
        if (await reader.ReadLineAsync().ConfigureAwait(false) is not { } first || WatchOrder.TryParse(first) is not { } order)
            return [];      // the tool has ended before it was told that somebody watches, so nothing is frozen
        await answers.WriteAsync(Encoding.UTF8.GetBytes(WatchOrder.Armed + "\n")).ConfigureAwait(false);
        await answers.FlushAsync().ConfigureAwait(false);

        GroupMembers.MakeRoomFor(order.Guests.Count);
        var left = Enumerable.Range(0, order.Guests.Count).ToDictionary(guest => guest, _ => false);
        if (!await HearAsync(reader, order, left).ConfigureAwait(false))
            return [];
        return await Task.WhenAll(left.Select(guest => ThawAsync(order, order.Guests[guest.Key], isAnswered: guest.Value))).ConfigureAwait(false);
    }

    /// <param name="reader">What the tool says.</param>
    /// <param name="order">When its time is over.</param>
    /// <param name="left">The guests that are not thawed yet, and whether their freeze was answered.</param>
    /// <returns>Whether any guest may be frozen.</returns>
    private async Task<bool> HearAsync(StreamReader reader, WatchOrder order, Dictionary<int, bool> left)
    {
        var (since, limit, isFreezing, isKilled) = (clock.GetTimestamp(), order.Deadline, false, false);
        for (var reading = reader.ReadLineAsync(); ;)
        {
            string? line;
            try
            {
                line = await reading.WaitAsync(Remaining(since, limit), clock).ConfigureAwait(false);
            }
            catch (TimeoutException) when (isKilled)
            {
                return isFreezing;      // somebody else holds its end of the pipe
            }
            catch (TimeoutException)
            {
                endTool(order.Parent);
                (since, limit, isKilled) = (clock.GetTimestamp(), EndLimit, true);
                continue;
            }

            switch (line is null ? null : WatchOrder.NewsOf(line))
            {
                case WatchNews.IsFreezing: (since, limit, isFreezing) = (clock.GetTimestamp(), order.Deadline, true); break;
                case WatchNews.IsAnswered answered when left.ContainsKey(answered.Guest): left[answered.Guest] = true; break;
                case WatchNews.IsThawed thawed: left.Remove(thawed.Guest); break;
                case WatchNews.IsThawing when !isKilled: (since, limit) = (clock.GetTimestamp(), order.ThawDeadline); break;
            }

            if (line is null)
                return isFreezing;
            reading = reader.ReadLineAsync();
        }
    }

    private async Task<Left> ThawAsync(WatchOrder order, string address, bool isAnswered)
    {
        var (attempt, wasFrozen) = (order.Connect > FirstAttempt ? order.Connect : FirstAttempt, false);
        long? thawedSince = null;
        var failure = "it has not answered";
        using var over = new CancellationTokenSource(order.Limit, clock);
        await using var guest = reach(order, address);
        while (!over.IsCancellationRequested)
        {
            try
            {
                if ((await guest.ReleaseAsync(attempt, over.Token).ConfigureAwait(false)).Count is not null)
                    (wasFrozen, thawedSince) = (true, null);
                thawedSince ??= clock.GetTimestamp();
                if (isAnswered || Remaining(thawedSince.Value, Settling) == TimeSpan.Zero)
                    return new Left(address, wasFrozen, null);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                break;
            }
            catch (Exception cause)
            {
                // Whatever it is, to give up leaves a guest frozen.
                (failure, thawedSince) = (cause.Message, null);
                attempt = attempt * 2 < LongestAttempt ? attempt * 2 : attempt < LongestAttempt ? LongestAttempt : attempt;
            }

            await Task.Delay(Pause, clock).ConfigureAwait(false);
        }

        return new Left(address, wasFrozen, thawedSince is null ? failure : null);
    }

    private TimeSpan Remaining(long since, TimeSpan limit) =>
        limit - clock.GetElapsedTime(since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
}
