using Newtonsoft.Json.Linq;
using Qga.Client;
using Qga.Ctl.CommandLine;
using Qga.Ctl.Guests;
using Qga.Ctl.Native;
using Qga.Ctl.Output;

namespace Qga.Ctl.Verbs;

/// <summary>Lists guests, and asks their agents.</summary>
internal sealed class LsVerb : IVerb
{
    private const int AtOnce = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Name => "ls";

    public string Summary => "List the guests of this host, and what their agents say.";

    public string Synopsis => "[GUEST...]";

    public string Description => """
        Without guests these are all domains of libvirt and all machines of Proxmox VE,
        as far as virsh(1) and qm(1) are here. A GUEST may be the path of a socket with
        * and ? in it, as 'unix:/run/vm/*.sock'; what is no socket is passed over.

        AGENT is the level of the agent, which is the version of qemu-ga that it is as
        good as. An agent that has not answered in 5 seconds (--timeout) is not waited
        for. The exit code is 0 whoever answers, and 3 if nobody tells the guests.
        """;

    public IReadOnlyList<Option> Options { get; } = [new("names", "Print names alone, and ask no agent.")];

    public async Task<int> RunAsync(CommandWords words, VerbContext context)
    {
        var (guests, failures) = words.All is [] ? await context.Guests.ListAsync(context.Cancellation) : (await NamedAsync(words.All, context), []);
        if (words.All is [] && guests.Count == 0 && failures.Count == 0 && !context.Guests.CanList)
            throw new QgaConnectionException("there is neither virsh nor qm on this host: name guests, as unix:'/run/*.sock'");
        if (!context.IsJson)
            failures.ForEach(failure => context.Note(failure.Message));

        if (words.Has("names"))
        {
            if (context.IsJson)
                context.Print(new JArray(guests.Select(guest => guest.Name)));
            else
                guests.ForEach(guest => context.Out.WriteLine(Printable.Of(guest.Name)));
        }
        else
        {
            var probes = await ProbeAsync(guests, context);
            if (context.IsJson)
            {
                context.Print(new JObject
                {
                    ["guests"] = new JArray(probes.Select(Json)),
                    ["failures"] = new JArray(failures.Select(failure => failure.Message)),
                });
            }
            else if (probes.Length > 0)
            {
                Table(probes).WriteTo(context.Streams);
            }
        }

        return failures.Count > 0 ? ExitCode.Unreachable : ExitCode.Success;
    }

    private static async Task<List<KnownGuest>> NamedAsync(string[] names, VerbContext context)
    {
        List<KnownGuest> guests = [];
        foreach (var name in names)
        {
            var path = name.StartsWith("unix:", StringComparison.Ordinal) ? name["unix:".Length..] : name;
            if (SocketGlob.IsPattern(path) && path.Contains('/', StringComparison.Ordinal))
                guests.AddRange(SocketGlob.Expand(path).Where(IsSocket).Select(found => Named(found, GuestAddress.Parse($"unix:{found}"))));
            else
                guests.Add(Named(name, await context.Guests.AddressOfAsync(name, context.Cancellation)));
        }

        return guests;
    }

    private static KnownGuest Named(string name, GuestAddress address) => new(name, address, IsRunning: null);

    private static bool IsSocket(string path) => LibC.Status(path) is { Kind: LibC.S_IFSOCK };

    private static async Task<GuestProbe[]> ProbeAsync(List<KnownGuest> guests, VerbContext context)
    {
        using var turns = new SemaphoreSlim(AtOnce);
        return await Task.WhenAll(guests.Select(async guest =>
        {
            await turns.WaitAsync(context.Cancellation);
            try
            {
                return await GuestProbe.OfAsync(guest, context.OptionsFor(Patience), context.Cancellation);
            }
            finally
            {
                turns.Release();
            }
        }));
    }

    private static TextTable Table(GuestProbe[] probes)
    {
        var table = new TextTable("GUEST", "STATE", "AGENT", "SYSTEM");
        foreach (var probe in probes)
        {
            Cell state = probe switch
            {
                { Failure: not null } => new("no answer", CellTone.Bad),
                { Version: null } => new("shut off", CellTone.Faint),
                { Freeze: FreezeStatus.Frozen } => new("frozen", CellTone.Odd),
                { Freeze: FreezeStatus.Thawed } => new("thawed", CellTone.Good),
                _ => new("answers"),
            };
            Cell said = probe.Failure is { } failure ? new(failure.Message, CellTone.Faint) : new(probe.System);
            table.Add(probe.Guest.Name, state, probe.Version, said);
        }

        return table;
    }

    private static JObject Json(GuestProbe probe) => new()
    {
        ["guest"] = probe.Guest.Name,
        ["address"] = probe.Guest.Address.ToString(),
        ["running"] = probe.Guest.IsRunning,
        ["answers"] = probe.Version is not null,
        ["agent"] = probe.Version,
        ["frozen"] = probe.Freeze is { } freeze ? freeze == FreezeStatus.Frozen : null,
        ["system"] = probe.System,
        ["error"] = probe.Failure?.Message,
    };
}
