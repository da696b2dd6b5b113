using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Streams;

namespace Qga.Platform.Processes.Keeper;

/// <summary>The agent's end of the socket to a program keeper.</summary>
internal sealed class KeeperClient
{
    private readonly KeeperConnection _connection;
    private readonly ConcurrentDictionary<long, KeptGuestProcess> _programs = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<KeptGuestProcess>> _starting = new();
    private readonly TaskCompletionSource _listed = new();
    private readonly Lock _gate = new();
    private long _lastStart;
    private bool _isLeft;

    /// <param name="connection">Owned from here on.</param>
    /// <param name="child">The keeper's process id if it is a child of ours, who has to take it from the process table.</param>
    internal KeeperClient(SafeFileHandle connection, int? child)
    {
        _connection = new KeeperConnection(new DescriptorStream(connection, EndOfFile.Final));
        Ended = HearUntilEndAsync();
        if (child is { } process)
            _ = LinuxGuestProcess.AwaitEnd(process);
    }

    /// <summary>Completes when the keeper has ended, or we have left it.</summary>
    internal Task Ended { get; }

    /// <summary>Whether no more can be started.</summary>
    internal bool IsGone
    {
        get
        {
            lock (_gate)
                return _isLeft || Ended.IsCompleted;
        }
    }

    /// <summary>Why the keeper can't be one; null if it has not said so.</summary>
    internal string? Refusal { get; private set; }

    /// <summary>What it has, the first first.</summary>
    internal IReadOnlyList<KeptGuestProcess> Programs => [.. _programs.OrderBy(program => program.Key).Select(program => program.Value)];

    /// <summary>Waits for the keeper to tell what it has.</summary>
    /// <returns>False if it does not within the limit.</returns>
    internal bool AwaitList(TimeSpan limit)
    {
        Task.WaitAny([_listed.Task, Ended], limit);
        return _listed.Task.IsCompletedSuccessfully && !Ended.IsCompleted;
    }

    /// <summary>Has a program started.</summary>
    /// <exception cref="PlatformException">It can't be run.</exception>
    /// <returns>Null if we have left the keeper, or it has ended.</returns>
    internal KeptGuestProcess? TryStart(ProcessStart start)
    {
        var number = Interlocked.Increment(ref _lastStart);
        var started = new TaskCompletionSource<KeptGuestProcess>();
        lock (_gate)
        {
            if (IsGone)
                return null;
            _starting[number] = started;
        }

        try
        {
            Tell(new KeeperMessage(KeeperMessageKind.Start, number, KeeperStart.ToBody(start)));
            Await(started.Task);
        }
        finally
        {
            _starting.TryRemove(number, out _);
            LeaveIfIdle();
        }

        return started.Task.GetAwaiter().GetResult();
    }

    /// <summary>Waits without taking turns on the processor, of which the keeper is in need.</summary>
    private static void Await(Task task)
    {
        var done = new ManualResetEventSlim(initialState: false, spinCount: 0);
        _ = task.ContinueWith(_ => done.Set(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        done.Wait();
    }

    internal void Tell(KeeperMessage message) => _connection.Send(message);

    internal void TellSoon(KeeperMessage message) => _connection.SendSoon(message);

    /// <summary>Lets go of a program that was forgotten, once its keeper need not be there for it.</summary>
    internal void Forgotten(long number, KeptGuestProcess program)
    {
        if (!program.Drained.IsCompleted)
            return;
        _programs.TryRemove(number, out _);
        LeaveIfIdle();
    }

    /// <summary>Lets a keeper that has nothing any more end.</summary>
    internal void LeaveIfIdle()
    {
        lock (_gate)
        {
            if (_isLeft || !_programs.IsEmpty || !_starting.IsEmpty)
                return;
            _isLeft = true;
        }

        _connection.Dispose();
    }

    /// <summary>Leaves the keeper, which goes on with what it has.</summary>
    internal void Leave()
    {
        lock (_gate)
            _isLeft = true;
        _connection.Dispose();
    }

    private async Task HearUntilEndAsync()
    {
        try
        {
            using (_connection)
            {
                while (await _connection.ReceiveAsync() is { } message)
                    Handle(message);
            }
        }
        catch (InvalidDataException)
        {
            // Such a keeper is as good as none.
        }
        finally
        {
            // No start comes after this.
            lock (_gate)
                _isLeft = true;
            foreach (var started in _starting.Values)
                started.TrySetException(new PlatformException($"failed to execute child process: {ProgramKeeperProcess.Name} has ended"));
            foreach (var program in _programs.Values)
                program.Lose();
        }
    }

    private void Handle(KeeperMessage message)
    {
        var reader = new KeeperBodyReader(message.Body);
        switch (message.Kind)
        {
            case KeeperMessageKind.Listed:
                _listed.TrySetResult();
                break;
            case KeeperMessageKind.Program:
                var state = ProgramState.Parse(message.Body);
                if (!_listed.Task.IsCompleted)
                    _programs.TryAdd(
                        message.Number,
                        new KeptGuestProcess(this, message.Number, state.Process)
                        {
                            WasFetched = state.Facts.HasFlag(ProgramFacts.Fetched),
                            WasEndRecorded = state.Facts.HasFlag(ProgramFacts.EndRecorded),
                            Requester = state.Requester,
                        });
                if (_programs.TryGetValue(message.Number, out var program))
                    program.Update(state);
                if (program is { IsForgotten: true })
                    Forgotten(message.Number, program);
                break;
            case KeeperMessageKind.Started when _starting.TryGetValue(message.Number, out var started):
                var number = reader.Int64();
                var process = new KeptGuestProcess(this, number, reader.Int32());
                _programs[number] = process;
                started.TrySetResult(process);
                break;
            case KeeperMessageKind.Refused when message.Number == 0:
                Refusal = reader.Text();
                break;
            case KeeperMessageKind.Refused when _starting.TryGetValue(message.Number, out var refused):
                refused.TrySetException(new PlatformException(reader.Text()));
                break;
            case KeeperMessageKind.Output when _programs.TryGetValue(message.Number, out var asked):
                if (message.IsBodyLost)
                    asked.ReadFailed(LibC.TextOf(Errno.ENOMEM));
                else
                    asked.Printed(KeeperOutput.Read(ref reader));
                break;
            case KeeperMessageKind.ReadFailed when _programs.TryGetValue(message.Number, out var unread):
                unread.ReadFailed(reader.Text());
                break;
            case KeeperMessageKind.Evicted when _programs.TryGetValue(message.Number, out var evicted):
                evicted.Evicted();
                break;
        }
    }
}
