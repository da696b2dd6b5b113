using Qga.Platform.Native;
using Qga.Platform.Streams;

namespace Qga.Platform.Processes.Keeper;

/// <summary>
/// What a program keeper does: it starts programs for its agent, tells of their ends, and keeps those and what they print, whether or not
/// there is an agent. It serves one agent at a time.
/// </summary>
/// <param name="active">Called when something was done.</param>
internal sealed class ProgramKeeper(Action active)
{
    internal const int Version = 1;

    /// <summary>Output up to that, in bytes, goes along with the word of the end.</summary>
    internal const int LittleOutput = 4096;

    /// <summary>How long an end that no host has heard of is kept while there is no agent.</summary>
    private static readonly TimeSpan Retention = TimeSpan.FromMinutes(10);

    /// <summary>How long one is that a host has asked for: the answer may have been lost with its agent.</summary>
    private static readonly TimeSpan FetchedRetention = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, KeptProgram> _programs = [];
    private readonly LinuxGuestProcesses _processes = new();
    private KeeperConnection? _agent;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastNumber;
    private int _starting;

    /// <summary>Serves one agent after the other until nothing is left that any could ask for.</summary>
    /// <param name="first">The agent that has started us.</param>
    /// <param name="listener">Where the next one comes; null if none can.</param>
    internal async Task RunAsync(KeeperConnection first, SocketListener? listener)
    {
        await ServeAsync(first);
        var arrival = listener is null ? null : AdmitAsync(listener);
        while (await NextAsync(arrival) is { } next)
        {
            try
            {
                await ServeAsync(next);
            }
            catch (Exception failure) when (failure is PlatformException or OutOfMemoryException)
            {
                // It was told why it is not served. The programs are there for the next.
            }

            arrival = AdmitAsync(listener!);
        }
    }

    private static async Task<KeeperConnection> AdmitAsync(SocketListener listener)
    {
        while (true)
        {
            var stream = await listener.AcceptAsync();
            if (stream.Examine(ProgramIdentity.IsOurs))
                return new KeeperConnection(stream);
            await stream.DisposeAsync();
        }
    }

    /// <summary>Waits for the next agent, and forgets what is not asked for meanwhile.</summary>
    /// <returns>Null if nothing is kept any more.</returns>
    private async Task<KeeperConnection?> NextAsync(Task<KeeperConnection>? arrival)
    {
        var since = LibC.BootTime();
        while (arrival is not { IsCompleted: true })
        {
            TimeSpan patience;
            Task news;
            lock (_gate)
            {
                patience = ForgetOld(since, hasSuccessor: arrival is not null);
                if (_programs.Count == 0 && _starting == 0)
                    return null;
                news = _news.Task;
            }

            using var stop = new CancellationTokenSource();
            await Task.WhenAny(news, Task.Delay(patience, stop.Token), arrival ?? news);
            await stop.CancelAsync();
        }

        return await arrival;
    }

    /// <returns>When to look again at the latest, from now on.</returns>
    private TimeSpan ForgetOld(TimeSpan since, bool hasSuccessor)
    {
        var now = LibC.BootTime();
        var next = Timeout.InfiniteTimeSpan;
        foreach (var program in _programs.Values.ToList())
        {
            if (program.IsForgotten || program.EndedAt is not { } ended)
                continue;
            var retention = !hasSuccessor ? TimeSpan.Zero : program.IsFetched ? FetchedRetention : Retention;
            var left = (ended > since ? ended : since) + retention - now;
            if (left <= TimeSpan.Zero)
                Forget(program.Number);
            else if (next < TimeSpan.Zero || left < next)
                next = left;
        }

        return next;
    }

    /// <exception cref="PlatformException">There are no threads left.</exception>
    private async Task ServeAsync(KeeperConnection agent)
    {
        using (agent)
        {
            KeeperCrew crew;
            lock (_gate)
            {
                crew = Crew(agent);
                _agent = agent;
                agent.Send(new KeeperMessage(KeeperMessageKind.Welcome, Version));
                foreach (var program in _programs.Values.Where(program => !program.IsForgotten))
                    agent.Send(program.State());
                agent.Send(new KeeperMessage(KeeperMessageKind.Listed, 0));
            }

            await crew.Ended;
            lock (_gate)
                _agent = null;
        }
    }

    private KeeperCrew Crew(KeeperConnection agent)
    {
        try
        {
            return new KeeperCrew(agent, message => Handle(agent, message));
        }
        catch (PlatformException failure)
        {
            agent.Send(KeeperMessage.WithText(KeeperMessageKind.Refused, 0, failure.Message));
            throw;
        }
    }

    private void Handle(KeeperConnection agent, KeeperMessage message)
    {
        try
        {
            active();
            if (message.Kind == KeeperMessageKind.Start)
                Start(agent, message);
            else
                Tend(agent, message);
        }
        catch (OutOfMemoryException) when (message.Kind == KeeperMessageKind.Read)
        {
            agent.Send(KeeperMessage.WithText(KeeperMessageKind.ReadFailed, message.Number, LibC.TextOf(Errno.ENOMEM)));
        }
        catch (OutOfMemoryException)
        {
            // Nothing of it waits for an answer.
        }
    }

    private void Tend(KeeperConnection agent, KeeperMessage message)
    {
        lock (_gate)
        {
            if (!_programs.TryGetValue(message.Number, out var program) || program.IsForgotten)
            {
                // It was evicted while the agent asked.
                if (message.Kind == KeeperMessageKind.Read)
                    agent.Send(new KeeperMessage(KeeperMessageKind.Evicted, message.Number));
                return;
            }

            switch (message.Kind)
            {
                case KeeperMessageKind.Seal: program.Process.TakeOutput(); break;
                case KeeperMessageKind.Read: agent.Send(new KeeperMessage(KeeperMessageKind.Output, message.Number, program.Output())); break;
                case KeeperMessageKind.Fetched: OnFetched(program); break;
                case KeeperMessageKind.Forget: Forget(message.Number); break;
                case KeeperMessageKind.Recorded: program.IsEndRecorded = true; break;
            }
        }
    }

    private void Start(KeeperConnection agent, KeeperMessage start)
    {
        lock (_gate)
            _starting++;
        KeptProgram? kept = null;
        try
        {
            if (start.IsBodyLost)
                throw new SystemCallException(Errno.ENOMEM, "Failed to execute child process");
            var asked = KeeperStart.Parse(start.Body);
            var process = _processes.Start(asked);
            lock (_gate)
            {
                kept = new KeptProgram(++_lastNumber, process, asked.Requester);
                _programs.Add(kept.Number, kept);
                agent.Send(
                    new KeeperMessage(KeeperMessageKind.Started, start.Number, new KeeperBodyWriter().Int64(kept.Number).Int32(process.Id).Bytes));
            }
        }
        catch (Exception failure) when (failure is PlatformException or InvalidDataException or OutOfMemoryException)
        {
            agent.Send(KeeperMessage.WithText(KeeperMessageKind.Refused, start.Number, failure.Message));
        }
        finally
        {
            lock (_gate)
            {
                _starting--;
                LookAgain();
            }
        }

        if (kept is null)
            return;
        _ = kept.Process.Drained.ContinueWith(
            _ => OnDrained(kept), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _ = kept.Process.Gone.ContinueWith(
            _ => OnGone(kept), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _ = kept.Process.Ended.ContinueWith(
            end => OnEnded(kept, end), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void OnDrained(KeptProgram program)
    {
        lock (_gate)
        {
            program.IsDrained = true;
            if (program.EndedAt is null)
                return;
            TellOf(program);
            RemoveIfDone(program);
        }
    }

    private void OnGone(KeptProgram program)
    {
        lock (_gate)
        {
            RemoveIfDone(program);
            LookAgain();
        }
    }

    private void OnEnded(KeptProgram program, Task<ProcessEnd> end)
    {
        active();
        lock (_gate)
        {
            program.EndedAt = LibC.BootTime();
            program.End = end.IsCompletedSuccessfully ? end.Result : null;
            TellOf(program);
        }
    }

    private void OnFetched(KeptProgram program)
    {
        program.IsFetched = true;
        program.Process.AllowEviction(() =>
        {
            lock (_gate)
            {
                Forget(program.Number);
                _agent?.Send(new KeeperMessage(KeeperMessageKind.Evicted, program.Number));
            }
        });
    }

    private void TellOf(KeptProgram program)
    {
        _agent?.Send(program.State());
        LookAgain();
    }

    /// <summary>Lets <see cref="NextAsync"/> see what there is to wait for now.</summary>
    private void LookAgain()
    {
        _news.SetResult();
        _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private void Forget(long number)
    {
        if (!_programs.TryGetValue(number, out var program))
            return;
        program.IsForgotten = true;
        program.Process.Forget();

        RemoveIfDone(program);
    }

    /// <summary>
    /// A child that it has left behind and that prints one day would be ended by that if nobody was there to read it; and one that has a limit would
    /// not be ended if nobody was there to do it.
    /// </summary>
    private void RemoveIfDone(KeptProgram program)
    {
        if (program is { IsForgotten: true, IsDrained: true } && program.Process.Gone.IsCompleted)
            _programs.Remove(program.Number);
    }
}

/// <summary>A program, and what its keeper knows of it.</summary>
internal sealed class KeptProgram(long number, LinuxGuestProcess process, Requester? requester)
{
    internal long Number => number;

    internal LinuxGuestProcess Process => process;

    /// <summary>A boot time; null as long as it runs.</summary>
    internal TimeSpan? EndedAt { get; set; }

    /// <summary>Null as long as it runs, and if nobody knows how it has ended.</summary>
    internal ProcessEnd? End { get; set; }

    /// <summary>Whether nothing more can come of what it prints.</summary>
    internal bool IsDrained { get; set; }

    /// <summary>Whether the host was told of its end.</summary>
    internal bool IsFetched { get; set; }

    /// <summary>Whether the audit has its end.</summary>
    internal bool IsEndRecorded { get; set; }

    /// <summary>Whether it is there only because somebody may still print, or has to be ended.</summary>
    internal bool IsForgotten { get; set; }

    internal ReadOnlyMemory<byte> Output()
    {
        var output = process.TakeOutput();
        return KeeperOutput.Write(new KeeperBodyWriter(KeeperOutput.SizeOf(output)), output).Bytes;
    }

    internal KeeperMessage State()
    {
        var facts = IsFetched ? ProgramFacts.Fetched : ProgramFacts.None;
        if (IsEndRecorded)
            facts |= ProgramFacts.EndRecorded;
        ProcessOutput? output = null;
        if (IsDrained)
            facts |= ProgramFacts.Drained;
        if (EndedAt is not null)
        {
            facts |= End switch
            {
                null => ProgramFacts.Ended | ProgramFacts.EndUnknown,
                { Signal: not null } => ProgramFacts.Ended | ProgramFacts.BySignal,
                _ => ProgramFacts.Ended,
            };
            if (IsDrained && process.TakeOutput() is var all && all.Out.Bytes.Length + all.Error.Bytes.Length <= ProgramKeeper.LittleOutput)
                (output, facts) = (all, facts | ProgramFacts.WithOutput);
        }

        var state = new ProgramState(process.Id, facts, End?.Signal ?? End?.ExitCode ?? 0, output) { Requester = requester };
        return new KeeperMessage(KeeperMessageKind.Program, number, state.ToBody());
    }
}
