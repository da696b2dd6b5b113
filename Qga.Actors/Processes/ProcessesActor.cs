using Akka.Actor;
using Akka.Event;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Platform.Audit;
using Qga.Platform.Processes;
using Qga.Platform.Work;
using Qga.Transport;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Processes;

/// <summary>
/// The <c>guest-exec</c> domain: starts programs on workers, hears of their end, and keeps how they ended until the host has
/// asked, and for a while after, so that an answer that was lost on its way can be had again.
/// </summary>
public sealed class ProcessesActor : CommandActor
{
    /// <summary>The most processes that run at once.</summary>
    internal const int MostRunning = 128;

    /// <summary>The most ended processes whose children hold on to the output that is captured.</summary>
    internal const int MostHeld = 512;

    /// <summary>The most ended processes that are remembered; the one that ended first is forgotten first.</summary>
    internal const int MostFinished = 4096;

    /// <summary>How long the end of a process is held back while others may still print to its output.</summary>
    internal static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    /// <summary>
    /// For how long after its start the end of a process is waited for, before it is said to run: what is done at once is told by the
    /// first answer, where a host would else ask again after a pause.
    /// </summary>
    internal static readonly TimeSpan PromptTime = TimeSpan.FromMilliseconds(10);

    /// <summary>How long the end of a process is remembered once the host was told.</summary>
    internal static readonly TimeSpan Retention = TimeSpan.FromMinutes(10);

    /// <summary>What the host sees of a process that has started.</summary>
    internal sealed record Started(IGuestProcess Process) : IQmpValue, IAuditedResult
    {
        public void Tell(AuditMembers members) => members.Add("pid", Process.Id);

        public void WriteTo(QmpWriter json) => json.WriteObject(Process.Id, static (json, id) => json.WriteMember("pid", id));
    }

    private sealed record Ended(ExecutedProcess Process, ProcessEnd End, Exception? Failure = null);

    private sealed record OutputRead(Invoke Invoke, ExecutedProcess Process, ProcessOutput? Output, Exception? Failure = null);

    private sealed record Drained(ExecutedProcess Process);

    private sealed record DrainTimeOver(ExecutedProcess Process);

    private sealed record PromptTimeOver(ExecutedProcess Process);

    private sealed record Forgettable(ExecutedProcess Process);

    private readonly IGuestProcesses _platform;
    private readonly IAuditLog _audit;
    private readonly Dictionary<long, ExecutedProcess> _processes = [];
    private readonly HashSet<ExecutedProcess> _held = [];
    private readonly LinkedList<ExecutedProcess> _finished = [];
    private int _running;

    private ProcessesActor(IGuestProcesses platform, WorkerPool workers, IAuditLog audit)
        : base(workers) => (_platform, _audit) = (platform, audit);

    public static Props Props(IGuestProcesses platform, WorkerPool workers, IAuditLog audit) =>
        ActorFactory.Props(() => new ProcessesActor(platform, workers, audit));

    protected override void PreStart()
    {
        foreach (var process in _platform.Inherited)
        {
            var executed = Watch(process);
            executed.IsFetched = process.WasFetched;
            executed.Requester = process.Requester;
            executed.Askers = null;
            executed.IsInherited = true;
        }
    }

    protected override void Handle(object message)
    {
        switch (message)
        {
            case Invoke { Command: GuestExec exec } invoke: Exec(invoke, exec); break;
            case Invoke { Command: GuestExecStatus status } invoke: OnStatus(invoke, status.Pid); break;
            case Returned<IGuestProcess> { Work: CommandWork work } started: OnStarted(work, started.Outcome); break;
            case Ended ended: OnEnded(ended); break;
            case OutputRead read: OnOutputRead(read); break;
            case Drained drained: OnDrained(drained.Process); break;
            case DrainTimeOver over: Finish(over.Process); break;
            case PromptTimeOver over: TellAskers(over.Process); break;
            case Forgettable forgettable: Forget(forgettable.Process); break;
            case TransportProtocol.Undelivered { Response.Return: Started started }: Abandon(started.Process); break;
            default: base.Handle(message); break;
        }
    }

    private void Exec(Invoke invoke, GuestExec exec)
    {
        if (Refusal(exec) is { } refusal)
            invoke.Fail(QmpError.Generic($"guest-exec is refused: {refusal}"), Self);
        else if (invoke.Permission is { } permission)
            TryRun(invoke, () => permission.Use(judge => exec.Start(_platform, new Requester(invoke.Peer), judge)));
        else
            TryRun(invoke, () => exec.Start(_platform, new Requester(invoke.Peer)));
    }

    private void OnStarted(CommandWork work, Outcome<IGuestProcess> outcome)
    {
        if (outcome.Value is { } process)
        {
            var watched = Watch(process);
            watched.Requester = new Requester(work.Invoke.Peer);
            watched.Audit = work.Invoke.Audit;
            if (work.IsOverdue)
                Abandon(watched);
            else
                work.Invoke.Succeed(new Started(process), Self);
        }
        else if (!work.IsOverdue)
        {
            work.Invoke.Fail(outcome.Failure!, Self);
        }
    }

    private string? Refusal(GuestExec exec)
    {
        if (_running + Running.Count(work => !work.IsOverdue) >= MostRunning)
            return $"{MostRunning} processes run already, the most that are allowed";
        return exec.Capture != OutputCapture.None && _held.Count >= MostHeld
            ? $"{MostHeld} processes have ended whose children still hold their output open, the most that are allowed"
            : null;
    }

    private ExecutedProcess Watch(IGuestProcess process)
    {
        // The kernel has given the number anew.
        if (_processes.TryGetValue(process.Id, out var former))
            Abandon(former);

        var executed = new ExecutedProcess(process);
        var prompt = new PromptTimeOver(executed);
        Timers.StartSingleTimer(prompt, prompt, PromptTime);
        _processes.Add(process.Id, executed);
        _running++;
        process.Drained.PipeTo(Self, success: () => new Drained(executed), failure: _ => new Drained(executed));
        process.Ended.PipeTo(Self, success: end => new Ended(executed, end), failure: cause => new Ended(executed, default, cause));
        return executed;
    }

    private void OnEnded(Ended ended)
    {
        var process = ended.Process;
        if (ended.Failure is { } failure)
            Log.Warning("{0}", process.Loss = failure.Message);
        else
            process.End = ended.End;
        RecordEnd(process);
        _running--;
        if (process.IsDrained)
        {
            Finish(process);
            return;
        }

        _held.Add(process);
        var over = new DrainTimeOver(process);
        Timers.StartSingleTimer(over, over, DrainTime);
    }

    private void RecordEnd(ExecutedProcess process)
    {
        process.Audit?.OnProgramEnded(process.Process.Id, process.End, process.Age);
        process.Audit = null;
        if (!_audit.TakesRecords || process.Process.WasEndRecorded)
            return;
        process.Process.NoteEndRecorded();
        if (!process.IsInherited)
            return;

        // An agent before this one has recorded the start.
        var record = AuditedRequest.EndOf(process.Process.Id, process.End, duration: null);
        record.Members.Add("inherited", true);
        _audit.Record(record);
    }

    private void OnDrained(ExecutedProcess process)
    {
        process.IsDrained = true;
        _held.Remove(process);
        if (process is { End: null, Loss: null } or { IsFinished: true })
            return;
        Timers.Cancel(new DrainTimeOver(process));
        Finish(process);
    }

    private void Finish(ExecutedProcess process)
    {
        if (process.IsFinished)
            return;
        process.IsFinished = true;
        if (!process.IsDrained)
            process.Process.Seal();
        TellAskers(process);
        _finished.AddLast(process);
        if (process.IsFetched)
            RetainForAWhile(process);
        if (process.IsAbandoned)
            Forget(process);
        else if (_finished.Count > MostFinished)
            Forget(_finished.First!.Value);
    }

    private void OnStatus(Invoke invoke, long pid)
    {
        if (!_processes.TryGetValue(pid, out var process) || (process.Requester is { } requester && !invoke.MayUseThatOf(requester.Peer)))
        {
            invoke.Fail(QmpError.Generic($"PID {pid} does not exist"), Self);
            return;
        }

        if (process.Askers is { } askers)
            askers.Add(invoke);
        else
            Tell(invoke, process);
    }

    private void TellAskers(ExecutedProcess process)
    {
        if (process.Askers is not { } askers)
            return;
        process.Askers = null;
        Timers.Cancel(new PromptTimeOver(process));
        askers.ForEach(asker => Tell(asker, process));
    }

    private void Tell(Invoke invoke, ExecutedProcess process)
    {
        if (!process.IsFinished)
        {
            invoke.Succeed(process.Status(output: null), Self);
        }
        else if (process.Loss is { } loss)
        {
            invoke.Fail(QmpError.Generic(loss), Self);
            OnFetched(process);
        }
        else
        {
            var reading = process.Process.ReadOutputAsync();
            if (reading.IsCompletedSuccessfully)
            {
                OnOutputRead(new OutputRead(invoke, process, reading.Result));
            }
            else
            {
                reading.PipeTo(
                    Self,
                    success: output => new OutputRead(invoke, process, output),
                    failure: cause => new OutputRead(invoke, process, Output: null, cause));
            }
        }
    }

    private void OnOutputRead(OutputRead read)
    {
        if (read.Failure is { } failure)
        {
            read.Invoke.Fail(failure, Self);
            return;
        }

        read.Invoke.Succeed(read.Process.Status(read.Output), Self);
        OnFetched(read.Process);
    }

    /// <summary>The host was told how the process has ended.</summary>
    private void OnFetched(ExecutedProcess process)
    {
        if (process.IsFetched)
            return;
        process.IsFetched = true;
        RetainForAWhile(process);
    }

    private void RetainForAWhile(ExecutedProcess process)
    {
        var forgettable = new Forgettable(process);
        Timers.StartSingleTimer(forgettable, forgettable, Retention);
        var self = Self;
        process.Process.AllowEviction(() => self.Tell(forgettable));
    }

    /// <summary>The client that started the process never learned its id.</summary>
    private void Abandon(IGuestProcess started)
    {
        if (_processes.TryGetValue(started.Id, out var process) && process.Process == started)
            Abandon(process);
    }

    /// <summary>Nobody can ask for the process.</summary>
    private void Abandon(ExecutedProcess process)
    {
        process.IsAbandoned = true;
        _processes.Remove(process.Process.Id);
        if (process.IsFinished)
            Forget(process);
    }

    private void Forget(ExecutedProcess process)
    {
        Timers.Cancel(new DrainTimeOver(process));
        Timers.Cancel(new Forgettable(process));
        _finished.Remove(process);
        if (_processes.TryGetValue(process.Process.Id, out var known) && known == process)
            _processes.Remove(process.Process.Id);
        process.Process.Forget();
    }
}
