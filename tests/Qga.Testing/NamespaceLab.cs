namespace Qga.Testing;

/// <summary>
/// A network and a mount namespace of their own, held by a process that ends with the test at the latest: interfaces, routes and
/// mounts that are made in it are nobody else's, and go away with it.
/// </summary>
public sealed class NamespaceLab : IDisposable
{
    private static readonly Lazy<string?> Reason = new(Try);

    private readonly ScratchDirectory _scratch = new();
    private readonly RunningProcess _holder;

    public NamespaceLab()
    {
        try
        {
            _holder = new RunningProcess(
                "unshare", ["--net", "--mount", "sh", "-c", $"echo ready; exec tail --pid={Environment.ProcessId} -f /dev/null"]);
            _holder.AwaitOutput("ready");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Why there can be none here, null if there can.</summary>
    public static string? UnavailableReason => Reason.Value;

    /// <summary>Runs a shell script in it, up to the first command that fails.</summary>
    public void Run(string script)
    {
        var run = ProcessRun.Of("nsenter", [.. Enter, "sh", "-e", "-c", script]);
        if (run.ExitCode != 0)
            throw new InvalidOperationException($"{script}: {run.Error}");
    }

    /// <summary>Makes interfaces of the one kind that every kernel has, each with an address.</summary>
    public void AddInterfaces(int count)
    {
        var commands = Enumerable.Range(0, count).Select(number =>
            $"link add name if{number} type bridge\naddress add 10.{number / 250}.{number % 250}.1/24 dev if{number}\n");
        Run($"ip -batch {_scratch.Write("interfaces", string.Concat(commands))}");
    }

    /// <summary>Starts an agent in it.</summary>
    public AgentUnderTest Start(string executable)
    {
        var name = $"agent-{Guid.NewGuid():N}";
        return new Agent(_scratch.WriteProgram(name, $"#!/bin/sh\nexec nsenter {string.Join(' ', Enter)} {executable} \"$@\"\n"));
    }

    public void Dispose()
    {
        _holder?.Dispose();
        _scratch.Dispose();
    }

    private string[] Enter => ["--target", $"{_holder.Pid}", "--net", "--mount", "--"];

    private static string? Try()
    {
        foreach (var tool in new[] { "unshare", "nsenter", "ip" })
        {
            if (ToolFactAttribute.Find(tool) is null)
                return $"{tool} is missing here";
        }

        var run = ProcessRun.Of("unshare", ["--net", "--mount", "ip", "link", "add", "name", "try", "type", "bridge"]);
        return run.ExitCode == 0 ? null : $"no namespace for interfaces here: {run.Error.Trim()}";
    }

    private sealed class Agent(string executable) : AgentUnderTest(executable, []);
}
