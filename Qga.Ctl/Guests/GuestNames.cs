using System.Text;
using Qga.Client;

namespace Qga.Ctl.Guests;

/// <summary>
/// What a guest is called on the command line: an address, the path of a socket, or a plain name, which is the number of a Proxmox machine, a
/// domain of libvirt, or, where there is no libvirt, the name of a Proxmox machine.
/// </summary>
/// <param name="uri">Which libvirt; null for virsh's own choice.</param>
/// <param name="options">By which programs.</param>
internal sealed class GuestNames(string? uri, GuestAgentOptions options)
{
    /// <summary>How long a list of guests may be; in bytes.</summary>
    private const int LongestList = 16 << 20;

    private bool HasVirsh => uri is not null || HostProgram.TryPathOf(options.VirshProgram) is not null;

    private bool HasQm => HostProgram.TryPathOf(options.QmProgram) is not null;

    /// <summary>Whether there is anybody to ask for guests.</summary>
    internal bool CanList => HasVirsh || HasQm;

    /// <exception cref="QgaAddressException">There can be no such guest.</exception>
    /// <exception cref="QgaConnectionException">Proxmox can't be asked for its name.</exception>
    internal async Task<GuestAddress> AddressOfAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (name.StartsWith('/') || name.StartsWith("./", StringComparison.Ordinal) || name.StartsWith("../", StringComparison.Ordinal))
            return GuestAddress.Parse($"unix:{name}");
        if (name.Contains(':', StringComparison.Ordinal))
            return GuestAddress.Parse(name);
        if (uri is null && name.Length > 0 && name.All(char.IsAsciiDigit) && HasQm)
            return GuestAddress.Parse($"qm:{name}");
        if (name.Contains('/', StringComparison.Ordinal))
            throw new QgaAddressException($"'{name}' is no name of a guest: there is a slash in it; the path of a socket is written ./{name}");
        if (HasVirsh)
            return OfDomain(name);
        if (!HasQm)
        {
            throw new QgaAddressException(
                $"'{name}' is a name alone, and there is neither {options.VirshProgram} nor {options.QmProgram} to ask for it: give an address");
        }

        var machines = await MachinesAsync(cancellationToken);
        return machines.Where(machine => machine.Name == name).ToList() switch
        {
            [var machine] => machine.Address,
            [] => throw new QgaAddressException($"there is no machine '{name}' on this node"),
            var several => throw new QgaAddressException(
                $"'{name}' is the name of {string.Join(" and ", several.Select(machine => machine.Address))}"),
        };
    }

    /// <summary>All guests of libvirt and of Proxmox, as far as either is here.</summary>
    /// <returns>The guests, and why somebody could not be asked.</returns>
    internal async Task<(List<KnownGuest> Guests, List<QgaException> Failures)> ListAsync(CancellationToken cancellationToken)
    {
        List<KnownGuest> guests = [];
        List<QgaException> failures = [];
        if (HasVirsh)
            await AddAsync(DomainsAsync);
        if (HasQm && uri is null)
            await AddAsync(MachinesAsync);
        return (guests, failures);

        async Task AddAsync(Func<CancellationToken, Task<List<KnownGuest>>> list)
        {
            try
            {
                guests.AddRange(await list(cancellationToken));
            }
            catch (QgaException failure)
            {
                failures.Add(failure);
            }
        }
    }

    private GuestAddress OfDomain(string name) => GuestAddress.Parse(uri is null ? $"virsh:{name}" : $"virsh+{uri}:{name}");

    private async Task<List<KnownGuest>> DomainsAsync(CancellationToken cancellationToken)
    {
        var all = await NamesAsync("--all");
        var running = await NamesAsync();
        return [.. all.Select(name => new KnownGuest(name, OfDomain(name), running.Contains(name)))];

        async Task<List<string>> NamesAsync(params string[] which)
        {
            string[] words = [.. uri is null ? [] : (string[])["-c", uri], "list", "--name", .. which];
            return ParseDomains(await RunAsync(options.VirshProgram, words, cancellationToken));
        }
    }

    private async Task<List<KnownGuest>> MachinesAsync(CancellationToken cancellationToken) =>
        ParseMachines(await RunAsync(options.QmProgram, ["list"], cancellationToken));

    /// <exception cref="QgaConnectionException">It can't be run, or has failed.</exception>
    private static async Task<string> RunAsync(string program, string[] words, CancellationToken cancellationToken)
    {
        var run = await HostProgram.RunAsync(program, words, default, LongestList, cancellationToken);
        if (run.ExitCode == 0)
            return Encoding.UTF8.GetString(run.Output);
        var reason = HostProgram.ReasonIn(run.Errors);
        throw new QgaConnectionException($"{program}: {(reason.Length > 0 ? reason : $"exit code {run.ExitCode}")}");
    }

    /// <summary>What <c>virsh list --name</c> prints: a name on each line, and an empty one at the end.</summary>
    internal static List<string> ParseDomains(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(name => !name.StartsWith('-'))];

    /// <summary>What <c>qm list</c> prints: a line of heads, then number, name, status and more of each machine.</summary>
    internal static List<KnownGuest> ParseMachines(string text)
    {
        List<KnownGuest> machines = [];
        foreach (var line in text.Split('\n').Skip(1))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var number, var name, var status, ..])
                machines.Add(new KnownGuest(name, GuestAddress.Parse($"qm:{number}"), status == "running"));
        }

        return machines;
    }
}

/// <summary>A guest that this host knows.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Address">How its agent is reached.</param>
/// <param name="IsRunning">Whether it runs; null if nobody knows.</param>
internal sealed record KnownGuest(string Name, GuestAddress Address, bool? IsRunning);
