using Qga.Actors.Freeze;
using Qga.Host.CommandLine;
using Qga.Platform.OwnProcess;

namespace Qga.Host.Service;

/// <summary>What the service manager is told of the agent. Any thread may tell it.</summary>
/// <param name="manager">Null for an agent that was started by nobody who wants to hear.</param>
/// <param name="settings">Name the channel.</param>
/// <param name="view">Whether the guest is frozen.</param>
/// <param name="isOpen">Whether the channel is open already.</param>
internal sealed class ServiceStatus(ServiceManager? manager, LiveSettings settings, FreezeView view, bool isOpen)
{
    private volatile bool _isOpen = isOpen;
    private volatile bool _ignoredSignal;

    private string Text =>
        view.Facts.Frozen is { } frozen ? StatusText.OfFrozen(frozen, _ignoredSignal) : StatusText.OfServing(settings.Options, _isOpen);

    internal void Ready() => manager?.Ready(Text);

    internal void Reloading() => manager?.Reloading();

    internal void Stopping() => manager?.Stopping();

    internal void OnChannelChanged(bool isOpen)
    {
        _isOpen = isOpen;
        manager?.Status(Text);
    }

    /// <summary>The agent was told to end, and goes on.</summary>
    internal void OnIgnoredSignal()
    {
        _ignoredSignal = true;
        manager?.Status(Text);
    }

    internal void OnFreezeSettled()
    {
        _ignoredSignal = false;
        manager?.Status(Text);
    }
}
