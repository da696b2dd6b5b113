using Qga.Platform.Native;

namespace Qga.Platform.Processes.Keeper;

/// <summary>
/// Programs of a Linux guest, in the hands of program keepers (<see cref="ProgramKeeperProcess"/>): one of our own, which starts what we are
/// asked for, and those of the agents before us, as long as they have something.
/// </summary>
public sealed class KeptGuestProcesses : IGuestProcesses
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FindLimit = TimeSpan.FromSeconds(1);

    private readonly string _program;
    private readonly string _stateDirectory;
    private readonly Lock _gate = new();
    private KeeperClient? _keeper;

    private KeptGuestProcesses(string program, string stateDirectory) => (_program, _stateDirectory) = (program, stateDirectory);

    public IReadOnlyList<IGuestProcess> Inherited { get; private init; } = [];

    /// <summary>Looks for the keepers of the agents before this one, and takes them on; waits a second for each that does not answer.</summary>
    /// <param name="stateDirectory">The agent's, by which its keepers are known.</param>
    /// <param name="warn">Told of a keeper that can't be taken on.</param>
    public static KeptGuestProcesses Find(string stateDirectory, Action<string> warn) => Find("/proc/self/exe", stateDirectory, warn);

    internal static KeptGuestProcesses Find(string program, string stateDirectory, Action<string> warn) => new(program, stateDirectory)
    {
        Inherited = [.. KeeperAddress.All(stateDirectory).SelectMany(address => ProgramsOf(address, warn))],
    };

    public IGuestProcess Start(ProcessStart start)
    {
        using var program = start.Judge is { } judge ? ProgramChoice.Make(start, judge, out start) : null;
        while (true)
        {
            if (Keeper(start.Path).TryStart(start) is { } process)
                return process;
        }
    }

    private static IReadOnlyList<KeptGuestProcess> ProgramsOf(string address, Action<string> warn)
    {
        var errno = LibC.OpenConnection(LibC.UnixAddress(address), out var connection);
        if (errno == Errno.Success && ProgramIdentity.IsOurs(connection))
        {
            var keeper = new KeeperClient(connection, child: null);
            if (keeper.AwaitList(FindLimit))
            {
                var programs = keeper.Programs;
                keeper.LeaveIfIdle();
                return programs;
            }

            // It serves another agent, is stopped, or has no thread for us; one that has just ended had nothing any more.
            if (!keeper.Ended.IsCompleted || keeper.Refusal is not null)
            {
                var reason = keeper.Refusal ?? "it does not answer";
                warn($"what an agent before this one has started can't be asked for: {ProgramKeeperProcess.Name} at {address}: {reason}");
            }

            keeper.Leave();
            return [];
        }

        connection.Dispose();
        if (errno == Errno.ECONNREFUSED)
            _ = LibC.Unlink(address);                           // of a keeper that was killed
        else if (errno != Errno.ENOENT)
            warn($"what an agent before this one has started can't be asked for: no {ProgramKeeperProcess.Name} listens at {address}");
        return [];
    }

    private KeeperClient Keeper(string path)
    {
        lock (_gate)
        {
            if (_keeper is null or { IsGone: true })
            {
                try
                {
                    _keeper = StartKeeper();
                }
                catch (PlatformException failure)
                {
                    throw new PlatformException($"Failed to execute child process “{path}” ({failure.Message})");
                }
            }

            return _keeper;
        }
    }

    private KeeperClient StartKeeper()
    {
        const string Failure = $"failed to start {ProgramKeeperProcess.Name}";
        Check(LibC.ConnectedPair(out var ours, out var theirs, LibC.SOCK_STREAM));
        using (theirs)
        {
            var errno = LibC.OpenNothing(out var nothing);
            using (nothing)
            {
                var process = 0;
                if (errno == Errno.Success)
                {
                    var program = new SpawnPlan(_program, ProgramKeeperProcess.CommandLine(_stateDirectory), StringBlock.OfEnvironment())
                    {
                        KeepsMemoryScore = true,
                    };
                    errno = Spawner.Spawn(program, [nothing, nothing, nothing, theirs], out process);
                }

                if (errno != Errno.Success)
                    ours.Dispose();
                Check(errno);
                theirs.Dispose();
                var keeper = new KeeperClient(ours, process);
                if (keeper.AwaitList(StartLimit))
                    return keeper;
                keeper.Leave();
                Children.Kill(process);
                throw new PlatformException($"{Failure}: {keeper.Refusal ?? "it does not get ready"}");
            }
        }

        static void Check(Errno errno) => SystemCallException.ThrowIfFailed(errno, Failure);
    }
}
