using Akka.Configuration;
using Akka.Dispatch;
using Qga.Platform.Threads;

namespace Qga.Host.Hosting;

/// <summary>Has actors run on the thread that has brought what they are told, see <see cref="Turns"/>.</summary>
public sealed class TurnExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new TurnExecutor(id);

    private sealed class TurnExecutor(string id) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => Turns.Follow(run);

        public override void Shutdown()
        {
        }
    }
}
