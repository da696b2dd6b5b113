using Microsoft.Extensions.Hosting;

namespace Qga.Host.Hosting;

/// <summary>What Akka.Hosting knows of the process's life: it ends with the agent, or when the actors end by themselves.</summary>
/// <param name="ended">When the agent has.</param>
internal sealed class HostLifetime(CancellationToken ended) : IHostApplicationLifetime, IDisposable
{
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(ended);

    public CancellationToken ApplicationStarted => CancellationToken.None;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => CancellationToken.None;

    public void StopApplication() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();
}
