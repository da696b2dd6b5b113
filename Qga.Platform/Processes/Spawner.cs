using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.OwnProcess;
using Qga.Platform.Threads;

namespace Qga.Platform.Processes;

/// <summary>
/// Starts programs, on threads that have no descriptors of the agent. The kernel closes in the new program what is not its own, and
/// closing a file of a filesystem that doesn't answer (FUSE, a network's) doesn't come back: on threads that never had such a
/// file, one that the host has open can't hold up every program.
/// </summary>
public static class Spawner
{
    private const int StackSize = 256 * 1024;

    private static readonly Prepared<Nursery> Threads = new($"{nameof(Spawner)}.{nameof(Prepare)}", static () => new Nursery());
    private static readonly ConcurrentStack<SpawnThread> Idle = new();

    /// <summary>Call it before any file is opened for the host: the threads have what is open by now.</summary>
    /// <exception cref="PlatformException">There are no threads left.</exception>
    public static void Prepare()
    {
        Threads.Make();
        Children.AdoptOrphans();
    }

    /// <summary>
    /// Runs a program with exactly the given descriptors, every signal at its default and none blocked. One that is no binary and names
    /// no interpreter is a script for the shell, as execvp(3) has it.
    /// </summary>
    /// <param name="program">What to run.</param>
    /// <param name="descriptors">What is under 0, 1, 2 and so on in the program.</param>
    /// <param name="process">The id of the process, a child of ours.</param>
    /// <returns>What is wrong with the program or its arguments, or why no process can be had.</returns>
    /// <exception cref="InvalidOperationException"><see cref="Prepare"/> was forgotten.</exception>
    internal static Errno Spawn(SpawnPlan program, ReadOnlySpan<SafeFileHandle> descriptors, out int process)
    {
        var nursery = Threads.Value;
        var isLaunched = !program.KeepsMemoryScore && OutOfMemoryScore.Own != OutOfMemoryScore.Ordinary;
        var attempt = new SpawnAttempt(program, descriptors, isLaunched);
        if (!Idle.TryPop(out var thread))
            thread = nursery.NewThread();
        using (program.KeepsDescriptorLimit ? null : ResourceLimits.ForProgram())
        {
            nursery.Hand(attempt, thread);
            thread.AwaitAnswer();
        }

        // A call that hangs, as an exec from a dead filesystem does, keeps its thread; others take or make another.
        if (Idle.IsEmpty)
            Idle.Push(thread);
        else
            thread.End();
        process = attempt.Process;
        return attempt.Result;
    }

    /// <summary>
    /// Runs a program as <see cref="Spawn"/> does, on the calling thread, for a process that has no files whose closing may hang. A start that
    /// hangs itself keeps none of its descriptors from being closed. It needs no <see cref="Prepare"/>.
    /// </summary>
    /// <param name="program">What to run.</param>
    /// <param name="descriptors">What is under 0, 1, 2 and so on in the program.</param>
    /// <param name="process">The id of the process, a child of ours.</param>
    /// <returns>As of <see cref="Spawn"/>.</returns>
    internal static Errno SpawnHere(SpawnPlan program, ReadOnlySpan<SafeFileHandle> descriptors, out int process)
    {
        var attempt = new SpawnAttempt(program, descriptors, isLaunched: program.File is not null) { ClosesOthersFirst = true };
        using (program.KeepsDescriptorLimit ? null : ResourceLimits.ForProgram())
        {
            Children.Start(() =>
            {
                attempt.Run(LibC.SharedTable);
                return attempt.Process;
            });
        }

        process = attempt.Process;
        return attempt.Result;
    }

    /// <summary>
    /// The thread from which the others descend. A thread shares the table of descriptors of the one that made it (clone(2)); this one
    /// has left that of the agent, and it never gets stuck as it starts no program.
    /// </summary>
    private sealed class Nursery
    {
        private readonly SemaphoreSlim _asked = new(0);
        private readonly SemaphoreSlim _answered = new(0);
        private readonly Lock _gate = new();
        private readonly Lock _handing = new();
        private readonly SafeFileHandle? _outbox;
        private int _inbox = LibC.SharedTable;
        private SpawnThread? _made;

        public Nursery()
        {
            // Where code is compiled while it runs, the compiler needs its descriptors on every thread.
            if (RuntimeFeature.IsDynamicCodeCompiled)
            {
                OwnThread.Start("nursery", Run);
                _answered.Wait();
                return;
            }

            // The runtime opens its source of randomness once, if there is one, and then uses its number on any thread.
            _ = new Random();
            SystemCallException.ThrowIfFailed(LibC.ConnectedPair(out var outbox, out var inbox), "failed to create child process");
            using (inbox)
            {
                _inbox = (int)inbox.DangerousGetHandle();
                OwnThread.Start("nursery", Run);
                _answered.Wait();
            }

            if (_inbox != LibC.SharedTable)
                _outbox = outbox;
            else
                outbox.Dispose();
        }

        /// <summary>Has a thread begin with an attempt, and hands it the files.</summary>
        public void Hand(SpawnAttempt attempt, SpawnThread thread)
        {
            if (_outbox is null)
            {
                thread.Begin(attempt);
                return;
            }

            // The threads have one inbox.
            lock (_handing)
            {
                attempt.Pass(_outbox);
                thread.Begin(attempt);
                attempt.AwaitTaken();
            }
        }

        /// <exception cref="PlatformException">There are no threads left.</exception>
        public SpawnThread NewThread()
        {
            lock (_gate)
            {
                _asked.Release();
                _answered.Wait();
                return _made ?? throw new SystemCallException(Errno.EAGAIN, "failed to create child process");
            }
        }

        private void Run()
        {
            // The runtime's handlers write to a pipe of the table that this thread leaves, and abort when they can't.
            LibC.BlockSignals();
            if (_inbox != LibC.SharedTable)
                _inbox = LibC.LeaveDescriptorTable(_inbox);
            while (true)
            {
                _answered.Release();
                _asked.Wait();
                try
                {
                    _made = new SpawnThread(_inbox);
                }
                catch (PlatformException)
                {
                    _made = null;
                }
            }
        }
    }

    /// <summary>A thread that starts programs one at a time.</summary>
    private sealed class SpawnThread
    {
        private readonly SemaphoreSlim _asked = new(0);
        private readonly SemaphoreSlim _answered = new(0);
        private SpawnAttempt? _attempt;

        /// <param name="inbox">Where its files come, see <see cref="SpawnAttempt.Run"/>.</param>
        public SpawnThread(int inbox) => OwnThread.Start("spawner", () => Run(inbox), StackSize);

        public void Begin(SpawnAttempt attempt)
        {
            _attempt = attempt;
            _asked.Release();
        }

        public void AwaitAnswer() => _answered.Wait();

        public void End()
        {
            _attempt = null;
            _asked.Release();
        }

        private void Run(int inbox)
        {
            // A child whose exec hangs keeps a copy of the table that it was started from, and must not have the pipes of another's start.
            if (inbox != LibC.SharedTable)
                LibC.CopyDescriptorTable();
            for (_asked.Wait(); _attempt is { } attempt; _asked.Wait())
            {
                Children.Start(() =>
                {
                    attempt.Run(inbox);
                    return attempt.Process;
                });
                _answered.Release();
            }
        }
    }
}

/// <summary>A program to run.</summary>
/// <param name="Path">Its file; a plain name is looked up in <see cref="SearchPath"/>.</param>
/// <param name="Arguments">All of them, its name first.</param>
/// <param name="Environment">Strings that each end in NUL.</param>
internal sealed record SpawnPlan(string Path, IReadOnlyList<string> Arguments, byte[] Environment)
{
    /// <summary>Directories, separated by colons; an empty one is the current directory.</summary>
    public string SearchPath { get; init; } =
        Invocation.Variable("PATH") is { Length: > 0 } path ? path : LoginEnvironment.UsualSearchPath;

    /// <summary>Whether it may have as many descriptors as the agent; else as the agent was to have, see <see cref="ResourceLimits"/>.</summary>
    public bool KeepsDescriptorLimit { get; init; }

    /// <summary>Whether it leads a session of its own, and so a process group.</summary>
    public bool HasSession { get; init; } = true;

    /// <summary>Whether the kernel, when memory runs out, is as ready to end it as it is to end us; else as any other program.</summary>
    public bool KeepsMemoryScore { get; init; }

    /// <summary>The file that is run, whatever is at its path; null for what is there. For <see cref="Spawner.SpawnHere"/> alone.</summary>
    public SafeFileHandle? File { get; init; }

    /// <summary>As whom it runs; null for our own user. It has a <see cref="File"/> then.</summary>
    public ProgramUser? User { get; init; }

    /// <summary>A signal that all its threads block; 0 for none. Only for one that keeps the memory score.</summary>
    public int BlockedSignal { get; init; }
}
