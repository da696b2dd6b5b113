using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Qga.Client;

namespace Qga.Ctl.Groups;

/// <summary>
/// The tool's end of the watcher: a process of its own, which hears by a pipe what is frozen and what is thawed, and by the pipe's end that the
/// tool has ended, however that was.
/// </summary>
/// <param name="program">The program, and its arguments.</param>
/// <param name="options">How guests are reached.</param>
internal sealed class ThawWatch(IReadOnlyList<string> program, GuestAgentOptions options) : IThawWatch
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly Channel<WatchNews> _news = Channel.CreateUnbounded<WatchNews>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _isFreezingTold = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;
    private Task _telling = Task.CompletedTask;

    public int? ProcessId { get; private set; }

    public Task Died => _died.Task;

    public async Task ArmAsync(IReadOnlyList<string> addresses, GroupLimits limits, CancellationToken cancellationToken)
    {
        var movable = GroupMembers.FromAnywhere(addresses);
        var order = new WatchOrder(
            Environment.ProcessId, movable ?? addresses, limits.Deadline, limits.ThawDeadline, limits.Watch, options.ConnectTimeout,
            options.VirshProgram, options.QmProgram);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            either.CancelAfter(StartLimit);
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            _process = Process.Start(new ProcessStartInfo(program[0], program.Skip(1))
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,

                // It may outlive whoever wants to unmount ours.
                WorkingDirectory = movable is null ? "" : "/",
            })!;
            await _process.StandardInput.BaseStream.WriteAsync(Line(order.ToLine()), either.Token).ConfigureAwait(false);
            var answer = await _process.StandardOutput.ReadLineAsync(either.Token).ConfigureAwait(false);
            if (answer != WatchOrder.Armed)
                throw new ThawWatchException($"the watcher has {(answer is null ? "ended" : $"said '{answer}'")} before it watched");
        }
        catch (Exception failure) when (failure is not ThawWatchException)
        {
            throw new ThawWatchException($"the watcher can't be started: {failure.Message}", failure);
        }

        ProcessId = _process.Id;
        _ = AwaitEndAsync(_process);
    }

    public Task FreezingAsync()
    {
        _telling = TellAsync(_process!.StandardInput.BaseStream);
        return _isFreezingTold.Task;
    }

    public void Answered(int guest) => _news.Writer.TryWrite(new WatchNews.IsAnswered(guest));

    public void Thawing() => _news.Writer.TryWrite(new WatchNews.IsThawing());

    public void Thawed(int guest) => _news.Writer.TryWrite(new WatchNews.IsThawed(guest));

    /// <summary>Says the last, and leaves the rest to the watcher.</summary>
    public async ValueTask DisposeAsync()
    {
        _news.Writer.TryComplete();
        if (_process is null)
            return;
        await Task.WhenAny(_telling, Task.Delay(LastWords)).ConfigureAwait(false);
        _process.StandardInput.BaseStream.Close();
        _process.Dispose();
    }

    /// <remarks>One write for each line, which a pipe takes whole or not at all (pipe(7)).</remarks>
    private async Task TellAsync(Stream pipe)
    {
        try
        {
            await pipe.WriteAsync(Line(WatchOrder.LineOf(new WatchNews.IsFreezing()))).ConfigureAwait(false);
            _isFreezingTold.SetResult();
            await foreach (var news in _news.Reader.ReadAllAsync().ConfigureAwait(false))
                await pipe.WriteAsync(Line(WatchOrder.LineOf(news))).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            _died.TrySetResult();
            _isFreezingTold.TrySetException(new ThawWatchException("the watcher has died before anything was frozen", failure));
        }
    }

    private async Task AwaitEndAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync().ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            // It was disposed of: nobody asks any more.
        }

        _died.TrySetResult();
    }

    private static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + "\n");
}
