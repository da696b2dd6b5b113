using Akka.Actor;
using Akka.Event;
using Qga.Actors.Domains;
using Qga.Platform.Processes;
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
    internal sealed record Started(IGuestProcess Process) : IQmpValue
    {
        public void WriteTo(QmpWriter json) => json.WriteObject(Process.Id, static (json, id) => json.WriteMember("pid", id));
    }

    private sealed record Ended(ExecutedProcess Process, ProcessEnd End, Exception? Failure = null);

    private sealed record Drained(ExecutedProcess Process);

    private sealed record DrainTimeOver(ExecutedProcess Process);

    private sealed record PromptTimeOver(ExecutedProcess Process);

    private sealed record Forgettable(ExecutedProcess Process);

    private readonly IGuestProcesses _platform;
    private readonly Dictionary<long, ExecutedProcess> _processes = [];
    private readonly HashSet<ExecutedProcess> _held = [];
    private readonly LinkedList<ExecutedProcess> _finished = [];
    private int _running;

    private ProcessesActor(IGuestProcesses platform, WorkerPool workers, bool isFrozen)
        : base(workers, isFrozen) => _platform = platform;

    public static Props Props(IGuestProcesses platform, WorkerPool workers, bool isFrozen) =>
        ActorFactory.Props(() => new ProcessesActor(platform, workers, isFrozen));

    protected override void Handle(object message)
    {
        switch (message)
        {
            case Invoke { Command: GuestExec exec } invoke: Exec(invoke, exec); break;
            case Invoke { Command: GuestExecStatus status } invoke: OnStatus(invoke, status.Pid); break;
            case Ended ended: OnEnded(ended); break;
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
        {
            invoke.Fail(QmpError.Generic($"guest-exec is refused: {refusal}"), Self);
            return;
        }

        RunOnWorker(
            invoke,
            () => exec.Start(_platform),
            outcome =>
            {
                if (outcome.Value is { } process)
                    Watch(process);
                if (outcome.Failure is { } failure)
                    invoke.Fail(failure, Self);
                else
                    invoke.Succeed(new Started(outcome.Value!), Self);
            },
            late =>
            {
                if (late.Value is { } process)
                    Abandon(Watch(process));
            });
    }

    private string? Refusal(GuestExec exec)
    {
        if (_running + Running.Count(work => !work.IsOverdue) >= MostRunning)
            return $"{MostRunning} processes run already, the most that are allowed";
        if (exec.Capture == OutputCapture.None)
            return null;
        if (!_platform.HasRoom)
            return "the output of earlier processes takes all the memory that there is for it, guest-exec-status fetches it";
        return _held.Count >= MostHeld
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
        if (ended.Failure is { } failure)
            Log.Warning("nobody knows how a process has ended: {0}", failure.Message);
        var process = ended.Process;
        process.End = ended.End;
        _running--;
        if (process.IsDrained)
        {
            Finish(process);
            return;
        }

        _held.Add(process);
        Timers.StartSingleTimer(process, new DrainTimeOver(process), DrainTime);
    }

    private void OnDrained(ExecutedProcess process)
    {
        process.IsDrained = true;
        _held.Remove(process);
        if (process.End is null || process.IsFinished)
            return;
        Timers.Cancel(process);
        Finish(process);
    }

    private void Finish(ExecutedProcess process)
    {
        if (process.IsFinished)
            return;
        process.Finish();
        TellAskers(process);
        _finished.AddLast(process);
        if (process.IsAbandoned)
            Forget(process);
        else if (_finished.Count > MostFinished)
            Forget(_finished.First!.Value);
    }

    private void OnStatus(Invoke invoke, long pid)
    {
        if (!_processes.TryGetValue(pid, out var process))
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
        var status = process.Status();
        if (process.IsFinished && !process.IsFetched)
        {
            process.IsFetched = true;
            var forgettable = new Forgettable(process);
            Timers.StartSingleTimer(process, forgettable, Retention);
            var self = Self;
            process.Process.AllowEviction(() => self.Tell(forgettable));
        }

        invoke.Succeed(status, Self);
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
        Timers.Cancel(process);
        _finished.Remove(process);
        if (_processes.TryGetValue(process.Process.Id, out var known) && known == process)
            _processes.Remove(process.Process.Id);
        process.Process.Forget();
    }
}
