using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Native;
using Qga.Platform.OwnProcess;
using Qga.Platform.Processes;
using Qga.Platform.State;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>Guardians as processes of this executable, see <see cref="FreezeGuardianProcess"/>.</summary>
public sealed class LinuxFreezeGuardians : IFreezeGuardians
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(5);

    /// <summary>For a guardian that is there but nobody listens at its address, and for one that is ending.</summary>
    private static readonly TimeSpan FindLimit = TimeSpan.FromSeconds(2);

    /// <summary>For a guardian that listens: without its word the host would have the whole time again.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FindPause = TimeSpan.FromMilliseconds(20);

    /// <summary>16 MiB, without a reservation of a multiple of the guest's memory; in hexadecimal.</summary>
    private const string SmallHeap = "1000000";

    private readonly string _program;
    private readonly string _stateDirectory;
    private readonly string? _hook;
    private readonly TimeSpan _hookLimit;

    /// <param name="stateDirectory">Where the frozen marker is.</param>
    /// <param name="hook">The program to run after a thaw; null for none.</param>
    /// <param name="hookLimit">How long that may take.</param>
    public LinuxFreezeGuardians(string stateDirectory, string? hook, TimeSpan hookLimit)
        : this("/proc/self/exe", stateDirectory, hook, hookLimit)
    {
    }

    internal LinuxFreezeGuardians(string program, string stateDirectory, string? hook, TimeSpan hookLimit) =>
        (_program, _stateDirectory, _hook, _hookLimit) = (program, stateDirectory, hook, hookLimit);

    public IFreezeGuardian Start(IReadOnlyList<IOpenMountPoint> mountPoints, bool isFrozen, FreezeJournal? journal = null)
    {
        var address = RuntimeDirectory.TryMake(isFrozen)
            ? GuardianSettings.PathFor(_stateDirectory)
            : GuardianSettings.AbstractAddressFor(_stateDirectory);
        var marker = new FrozenMarker(_stateDirectory).Path;
        return Start(mountPoints, new GuardianSettings(DevicesOf(mountPoints), address, marker, _hook, _hookLimit), journal);
    }

    public IFreezeGuardian StartForLateFreeze(IOpenMountPoint mountPoint)
    {
        var guardian = Start([mountPoint], new GuardianSettings(DevicesOf([mountPoint]), Address: null, Marker: null, Hook: null, _hookLimit));
        try
        {
            guardian.Arm(TimeSpan.Zero);
        }
        catch
        {
            guardian.Dispose();
            throw;
        }

        return guardian;
    }

    /// <summary>Looks for the guardian that an agent which has ended has left armed.</summary>
    /// <param name="isThere">Whether there is one, be it that it does not answer: then the guest is frozen.</param>
    /// <returns>Null if there is none, or it does not answer.</returns>
    public IFreezeGuardian? Find(out bool isThere)
    {
        var program = ProgramIdentity.OfChild(_program);
        for (var waited = Stopwatch.StartNew(); ; Thread.Sleep(FindPause))
        {
            if (program is not null && (TryReach(GuardianSettings.PathFor(_stateDirectory), program)
                ?? TryReach(GuardianSettings.AbstractAddressFor(_stateDirectory), program)) is { } guardian)
            {
                isThere = true;
                return guardian;
            }

            // One that ends is gone in a moment, and one whose address is flooded or hidden from us stays.
            isThere = program is not null && GuardianProcesses.Of(program, _stateDirectory).Any(process => !GuardianProcesses.IsOver(process));
            if (!isThere || waited.Elapsed >= FindLimit)
                return null;
        }
    }

    public IReadOnlyList<string> EndOthers(IFreezeGuardian? ours)
    {
        if (ProgramIdentity.OfChild(_program) is not { } program)
            return [];
        return
        [
            .. from process in GuardianProcesses.Of(program, _stateDirectory)
               where process != (ours as LinuxFreezeGuardian)?.Child
               select $"the freeze guardian {process} {GuardianProcesses.End(program, process)}"
        ];
    }

    /// <summary>The guardian at an address, if it is one and says in time that it is armed.</summary>
    private static LinuxFreezeGuardian? TryReach(string address, ProgramIdentity program)
    {
        Check(LibC.OpenSocket(LibC.AF_UNIX, out var connection, LibC.SOCK_SEQPACKET));
        if (LibC.Connect(connection, GuardianListener.BytesOf(address)) == Errno.Success
            && program.IsOfPeer(connection)
            && Await(connection, AnswerLimit) is { Kind: GuardianMessageKind.Armed, Value: >= 0 and var ticks })
        {
            return new LinuxFreezeGuardian(connection, child: null, new TimeSpan(ticks), GuardianLack.None);
        }

        connection.Dispose();
        return null;
    }

    private static DeviceNumber[] DevicesOf(IEnumerable<IOpenMountPoint> mountPoints) => [.. mountPoints.Select(open => open.MountPoint.Device)];

    internal LinuxFreezeGuardian Start(IReadOnlyList<IOpenMountPoint> mountPoints, GuardianSettings settings, FreezeJournal? journal = null)
    {
        Check(LibC.ConnectedPair(out var ours, out var theirs));
        int process;
        using (theirs)
            process = Spawn(theirs, mountPoints, settings, journal);

        if (Await(ours, StartLimit) is { Kind: GuardianMessageKind.Ready, Value: var lack })
            return new LinuxFreezeGuardian(ours, process, armed: null, (GuardianLack)lack, GuardianGroup.TrySeparate(process, settings.HookLimit));

        ours.Dispose();
        LibC.SignalChild(process, LibC.SIGKILL);

        // One that is stuck in the kernel ends when that lets it go.
        _ = Children.AwaitExitAsync(process).Wait(EndLimit);
        throw new PlatformException("failed to start the freeze guardian: it does not get ready");
    }

    /// <summary>The guardian's word; null if it says nothing in time, or has ended.</summary>
    private static GuardianMessage? Await(SafeFileHandle connection, TimeSpan limit)
    {
        Span<LibC.PollDescriptor> descriptors = [new() { Descriptor = (int)connection.DangerousGetHandle(), Events = LibC.POLLIN }];
        for (var waited = Stopwatch.StartNew(); descriptors[0].ReturnedEvents == 0 && waited.Elapsed < limit;)
            Check(LibC.Poll(descriptors, limit - waited.Elapsed));
        return descriptors[0].ReturnedEvents != 0 && GuardianMessage.TryReceive(connection, out var message) ? message : null;
    }

    private static void Check(Errno errno) => SystemCallException.ThrowIfFailed(errno, "failed to start the freeze guardian");

    private int Spawn(SafeFileHandle connection, IReadOnlyList<IOpenMountPoint> mountPoints, GuardianSettings settings, FreezeJournal? journal)
    {
        Check(LibC.OpenNothing(out var nothing));
        using (nothing)
        {
            var environment = StringBlock.OfEnvironment(
                (FreezeGuardianProcess.HeapLimit, SmallHeap), (ResourceLimits.Variable, ResourceLimits.Heritage));
            SafeFileHandle[] descriptors =
            [
                nothing, nothing, nothing, connection,
                .. mountPoints.Cast<OpenMountPoint>().Select(mountPoint => mountPoint.Descriptor),
                .. journal is null ? (SafeFileHandle[])[] : [journal.Descriptor],
            ];
            var program = new SpawnPlan(_program, settings.ToCommandLine(), environment)
            {
                KeepsMemoryScore = true,
                KeepsDescriptorLimit = true,
                BlockedSignal = GuardianGroup.StopSignal,
            };
            Check(Spawner.Spawn(program, descriptors, out var process));
            return process;
        }
    }
}
