using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Inventory;
using Qga.Testing;

namespace Qga.Host.Tests.Processors;

/// <summary>The real qemu-ga and the published agent tell the same of processors and memory, and do the same to files that stand for them.</summary>
public sealed class PeerProcessorsTests
{
    [PeerFact]
    public void Processors_and_memory_of_this_machine_are_the_same()
    {
        using var agents = new AgentPair();

        Assert.NotEmpty(agents.AssertSame(Request("guest-get-vcpus")));
        AssertSameAnswer(agents, "guest-get-memory-blocks");
        AssertSameAnswer(agents, "guest-get-memory-block-info");
    }

    [PeerFact]
    public void Statistics_of_this_machine_have_the_same_form()
    {
        using var agents = new AgentPair();

        agents.AssertSame(Request("guest-get-cpustats"), static processors =>
        {
            foreach (var time in processors.SelectMany(processor => ((JObject)processor).Properties()))
                time.Value = time.Name is "type" or "cpu" ? time.Value : 0;
        });
        agents.AssertSame(Request("guest-get-load"), static load =>
        {
            foreach (var average in ((JObject)load).Properties())
                average.Value = average.Value.Type is JTokenType.Float or JTokenType.Integer ? 0 : average.Value;
        });
    }

    [PeerFact]
    public void What_changes_nothing_is_answered_in_the_same_way()
    {
        using var agents = new AgentPair();
        agents.AssertSame(Vcpus());
        agents.AssertSame(Blocks());
        agents.AssertSame(Blocks((-1, true), (1L << 62, false)));
        agents.AssertSameError(Vcpus((-1, true), (0, true)));
        agents.AssertSameError(Vcpus((long.MaxValue, false)));
        foreach (var arguments in new[]
                 {
                     "{}", "{'vcpus':1}", "{'vcpus':[1]}", "{'vcpus':[{}]}", "{'vcpus':[{'logical-id':9999}]}", "{'vcpus':[{'logical-id':1.5}]}",
                     "{'vcpus':[{'logical-id':9999,'online':0}]}", "{'vcpus':[{'logical-id':9999,'online':true,'can-offline':null}]}",
                     "{'vcpus':[{'logical-id':9999,'online':true,'x':1}]}", "{'vcpus':[],'x':1}",
                 })
        {
            agents.AssertSameError(Request("guest-set-vcpus", arguments));
            agents.AssertSameError(Request(
                "guest-set-memory-blocks",
                arguments.Replace("vcpus", "mem-blks", StringComparison.Ordinal).Replace("logical-id", "phys-index", StringComparison.Ordinal)));
        }
    }

    [Trait("Speed", "Slow")]
    [NamespaceLabFact]
    public void Files_that_stand_for_processors_are_read_and_written_in_the_same_way()
    {
        using var machine = new StandIn(
            """
            mkdir cpu0 cpu1 cpu2 cpu5 cpu7 cpufreq; echo 1 > cpu1/online; echo 0 > cpu2/online; echo on > cpu5/online; echo 0-7 > present
            """,
            "mkdir memory0");

        machine.Both.AssertSame(Request("guest-get-vcpus"));
        machine.AssertSame(Vcpus((1, false), (0, false), (2, true)));
        machine.AssertSame(Vcpus((2, true), (2, true), (1, true), (5, false)));
        machine.AssertSame(Vcpus((0, true), (7, true), (8, true), (2, false)));
        machine.Both.AssertSameError(Vcpus((0, false)));
        machine.Both.AssertSame(Request("guest-get-vcpus"));
    }

    [NamespaceLabFact]
    public void Files_that_stand_for_memory_are_read_and_written_in_the_same_way()
    {
        using var machine = new StandIn(
            "mkdir cpu0",
            """
            echo 8000000 > block_size_bytes; mkdir power; echo x > probe
            add() { mkdir memory$1; [ $2 = - ] || echo $2 > memory$1/state; [ $3 = - ] || echo $3 > memory$1/removable; }
            add 0 online 1; add 1 online 0; add 2 offline 1; add 3 offline 0; add 4 - -; add 5 - 1; add 6 online -; add 7 going-offline 1
            """);

        Assert.Equal(8, machine.Both.AssertSame(Request("guest-get-memory-blocks")).Count());
        machine.Both.AssertSame(Request("guest-get-memory-block-info"));
        machine.AssertSame(Blocks((0, false), (1, false), (2, true), (3, true), (6, true), (6, false), (7, true), (7, false)));
        machine.AssertSame(Blocks((0, true), (4, false), (5, false), (8, true), (0, false), (0, false)));
        machine.Both.AssertSame(Request("guest-get-memory-blocks"));
    }

    private static string Request(string command, string arguments = "{}") =>
        new JObject { ["execute"] = command, ["arguments"] = JObject.Parse(arguments) }.ToString(Newtonsoft.Json.Formatting.None);

    private static string Vcpus(params (long Id, bool IsOnline)[] wishes) => Wishes("guest-set-vcpus", "vcpus", "logical-id", wishes);

    private static string Blocks(params (long Index, bool IsOnline)[] wishes) => Wishes("guest-set-memory-blocks", "mem-blks", "phys-index", wishes);

    private static string Wishes(string command, string list, string id, (long Number, bool IsOnline)[] wishes) => Request(
        command,
        new JObject { [list] = new JArray(wishes.Select(wish => new JObject { [id] = wish.Number, ["online"] = wish.IsOnline })) }.ToString());

    /// <summary>Not every kernel has blocks of memory: then both refuse.</summary>
    private static void AssertSameAnswer(AgentPair agents, string command)
    {
        if (Directory.Exists("/sys/devices/system/memory"))
            agents.AssertSame(Request(command));
        else if (command == "guest-get-memory-blocks")
            Assert.Empty(agents.AssertSame(Request(command)));
        else
            agents.AssertSameError(Request(command));
    }

    /// <summary>
    /// A machine for each of the two, which the script of its files makes: they lie over /sys in a mount namespace, so that no
    /// wish can reach the processors and the memory of this one.
    /// </summary>
    private sealed class StandIn : IDisposable
    {
        private readonly ScratchDirectory _scratch = new();
        private readonly NamespaceLab[] _labs = [new NamespaceLab(), new NamespaceLab()];

        internal StandIn(string processors, string memory)
        {
            try
            {
                foreach (var lab in _labs)
                {
                    var (cpuFolder, memoryFolder) = (FolderOf(lab, "cpu"), FolderOf(lab, "memory"));
                    lab.Run(
                        $$"""
                        mkdir -p {{cpuFolder}} {{memoryFolder}}
                        mount --bind {{cpuFolder}} /sys/devices/system/cpu; mount --bind {{memoryFolder}} /sys/devices/system/memory
                        cd /sys/devices/system/cpu; {{processors}}
                        cd /sys/devices/system/memory; {{memory}}
                        """);
                }

                Both = new AgentPair(_labs[0], _labs[1]);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        internal AgentPair Both { get; }

        /// <summary>Asserts that both answer the same, and leave the same behind.</summary>
        internal void AssertSame(string request)
        {
            Both.AssertSame(request);
            Assert.Equal(Content(_labs[0]), Content(_labs[1]));
        }

        public void Dispose()
        {
            Both?.Dispose();
            foreach (var lab in _labs)
                lab.Dispose();
            _scratch.Dispose();
        }

        private string FolderOf(NamespaceLab lab, string name) => _scratch.PathOf($"{Array.IndexOf(_labs, lab)}/{name}");

        private IEnumerable<string> Content(NamespaceLab lab)
        {
            var root = _scratch.PathOf($"{Array.IndexOf(_labs, lab)}");
            return Directory.GetFiles(root, "*", SearchOption.AllDirectories)
                .Select(file => $"{file[root.Length..]}: {File.ReadAllText(file)}").Order();
        }
    }
}
