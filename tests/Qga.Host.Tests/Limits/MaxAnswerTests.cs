using Qga.Testing;

namespace Qga.Host.Tests.Limits;

/// <summary>An answer that is larger than the administrator allows is an error, from one reload to the next.</summary>
public sealed class MaxAnswerTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Larger_answer_is_an_error_until_the_setting_is_read_anew()
    {
        using var agent = new PublishedAgent("-c", Write("max-answer=0"), "-v");
        using var client = agent.Connect();
        File.WriteAllBytes(_scratch.PathOf("file"), new byte[6000]);
        var handle = (long)Qmp.Return(client.Ask(Qmp.Open(_scratch.PathOf("file"))));
        var size = Read(6000).Length + 1;
        Assert.InRange(size, 8000, 9000);

        Reload(agent, $"max-answer={size - 1}");
        Assert.Equal(
            $"the answer to guest-file-read takes {size} bytes, more than the {size - 1} of max-answer in group [qga]", Qmp.Error(Read(6000)));
        Qmp.Return(Read(5000));
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));

        Reload(agent, $"max-answer={size}");
        Qmp.Return(Read(6000));

        string Read(int count)
        {
            client.Ask(Qmp.Rewind(handle));
            return client.Ask(Qmp.Read(handle, count));
        }
    }

    private string Write(string setting)
    {
        var path = _scratch.Write("new", $"[qga]\n{setting}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(path, _scratch.PathOf("qemu-ga.conf"), overwrite: true);
        return _scratch.PathOf("qemu-ga.conf");
    }

    private void Reload(PublishedAgent agent, string setting)
    {
        var before = Count(agent);
        Write(setting);
        Signal.HangUp.Send(agent.Pid);
        Eventually.True(() => Count(agent) > before);
    }

    private static int Count(PublishedAgent agent) => agent.Output.Split("the settings were read anew").Length;
}
