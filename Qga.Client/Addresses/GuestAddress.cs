using System.Globalization;

namespace Qga.Client;

/// <summary>
/// How a guest's agent is reached:
/// <list type="table">
/// <item><term><c>unix:PATH</c></term><description>the socket at the host's end of the port, or an agent that listens itself</description></item>
/// <item><term><c>vsock:CID:PORT</c></term><description>an agent that listens on vsock(7)</description></item>
/// <item><term><c>virsh:DOMAIN</c>, <c>virsh+URI:DOMAIN</c></term><description>a domain of libvirt, by virsh(1)</description></item>
/// <item><term><c>qm:ID</c></term><description>a machine of this Proxmox VE node, by <c>qm guest</c></description></item>
/// <item><term><c>exec:PROGRAM ARGUMENT...</c></term><description>a program whose standard input and output are the stream</description></item>
/// </list>
/// </summary>
/// <remarks>
/// An address is code: <c>exec:</c> runs a program, and so do some URIs of libvirt and of ssh. Take none from who may not run programs here. The
/// methods make one of its parts, whatever characters these have. The best name of a domain is its UUID, which no other domain ever has.
/// </remarks>
public abstract record GuestAddress
{
    private GuestAddress()
    {
    }

    /// <summary>The socket at the host's end of the port, or an agent that listens itself.</summary>
    /// <exception cref="QgaAddressException">There is no path, or a NUL in it.</exception>
    public static GuestAddress ForSocket(string path) => Parse($"unix:{path}");

    /// <summary>An agent that listens on vsock(7).</summary>
    public static GuestAddress ForVsock(uint cid, uint port) => new Vsock(cid, port);

    /// <summary>A domain of libvirt.</summary>
    /// <param name="domain">Its name, number or UUID. It can have no colon if there is a URI; use the UUID then.</param>
    /// <param name="uri">Which libvirt, as <c>virsh -c</c> has it; null for virsh's own choice.</param>
    /// <exception cref="QgaAddressException">There can be no such domain, or libvirt.</exception>
    public static GuestAddress ForDomain(string domain, string? uri = null)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var text = uri is null ? $"virsh:{domain}" : $"virsh+{uri}:{domain}";
        if (uri is not null && domain.Contains(':', StringComparison.Ordinal))
            throw Bad(text, $"the name '{domain}' has a colon, as the URI has: use the domain's UUID");
        return uri is "" ? throw Bad(text, "there is no URI after 'virsh+'") : new Virsh(UriNamed(text, uri), DomainNamed(text, domain));
    }

    /// <summary>A machine of this Proxmox VE node.</summary>
    /// <param name="id">Its number, from 100 to 999999999.</param>
    /// <exception cref="QgaAddressException">It is no such number.</exception>
    public static GuestAddress ForMachine(int id) => Parse($"qm:{id.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>A program whose standard input and output are the stream.</summary>
    /// <param name="program">Its path, or a name that is looked up in PATH, never in the current directory.</param>
    /// <param name="arguments">Its arguments, as they are.</param>
    /// <exception cref="QgaAddressException">There is no program, or a NUL.</exception>
    public static GuestAddress ForProgram(string program, params IEnumerable<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(arguments);
        var text = Words.Join([program, .. arguments]);
        return program.Length > 0 ? ParseExec($"exec:{text}", text) : throw Bad($"exec:{text}", "there is no program after 'exec:'");
    }

    /// <summary>Takes an address apart.</summary>
    /// <exception cref="QgaAddressException">It makes no sense; the message says which part.</exception>
    public static GuestAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            throw Bad(text, "it begins with none of unix:, vsock:, virsh:, virsh+URI:, qm: and exec:");

        var (scheme, rest) = (text[..colon], text[(colon + 1)..]);
        if (text.StartsWith("virsh+", StringComparison.Ordinal))
            return ParseVirsh(text, text["virsh+".Length..]);
        return scheme switch
        {
            "unix" when rest.Length == 0 => throw Bad(text, "there is no path after 'unix:'"),
            "unix" when rest.Contains('\0', StringComparison.Ordinal) => throw Bad(text, "there is a NUL in the path"),
            "unix" => new Unix(rest),
            "vsock" => ParseVsock(text, rest),
            "virsh" => new Virsh(null, DomainNamed(text, rest)),
            "qm" when IsMachine(rest) => new Qm(rest),
            "qm" => throw Bad(text, $"'{rest}' is no number of a machine (100 to 999999999)"),
            "exec" => ParseExec(text, rest),
            _ => throw Bad(text, $"'{scheme}' is none of unix, vsock, virsh, virsh+URI, qm and exec"),
        };
    }

    /// <summary>As <see cref="Parse"/> takes it.</summary>
    public sealed override string ToString() => Text;

    private protected abstract string Text { get; }

    private static Vsock ParseVsock(string text, string rest)
    {
        if (rest.Split(':') is not [var cid, var port])
            throw Bad(text, $"'{rest}' is not CID:PORT");
        return new Vsock(Number("CID", cid), Number("port", port));

        uint Number(string what, string digits) => uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Bad(text, $"'{digits}' is no {what} (0 to {uint.MaxValue})");
    }

    private static Virsh ParseVirsh(string text, string rest)
    {
        // A URI has colons of its own, the name of a domain has none.
        var colon = rest.LastIndexOf(':');
        if (colon < 0 || rest[(colon + 1)..].StartsWith("//", StringComparison.Ordinal))
            throw Bad(text, $"there is no ':DOMAIN' after the URI '{rest}'");
        if (colon == 0)
            throw Bad(text, "there is no URI after 'virsh+'");
        return new Virsh(UriNamed(text, rest[..colon]), DomainNamed(text, rest[(colon + 1)..]));
    }

    private static string? UriNamed(string text, string? uri) =>
        uri is not null && uri.Contains('\0', StringComparison.Ordinal) ? throw Bad(text, "there is a NUL in the URI") : uri;

    private static string DomainNamed(string text, string name) => name switch
    {
        "" => throw Bad(text, "there is no name of a domain"),
        ['-', ..] => throw Bad(text, $"virsh would take the domain '{name}' for an option"),
        _ when name.Contains('\0', StringComparison.Ordinal) => throw Bad(text, "there is a NUL in the name of the domain"),
        _ when name.Contains('/', StringComparison.Ordinal) => throw Bad(text, $"'{name}' is no name of a domain: there is a slash in it"),
        _ => name,
    };

    private static bool IsMachine(string digits) =>
        uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 100 and <= 999_999_999;

    private static Exec ParseExec(string text, string rest)
    {
        var words = Words.Split(rest, reason => Bad(text, reason));
        return words.Count > 0 ? new Exec(rest, words[0], [.. words.Skip(1)]) : throw Bad(text, "there is no program after 'exec:'");
    }

    private static QgaAddressException Bad(string text, string reason) => new($"'{text}' is no address of a guest: {reason}");

    internal sealed record Unix(string Path) : GuestAddress
    {
        private protected override string Text => $"unix:{Path}";
    }

    internal sealed record Vsock(uint Cid, uint Port) : GuestAddress
    {
        private protected override string Text => $"vsock:{Cid}:{Port}";
    }

    /// <param name="Uri">Which libvirt, as <c>virsh -c</c> has it; null for virsh's own choice.</param>
    /// <param name="Domain">The domain's name, number or UUID.</param>
    internal sealed record Virsh(string? Uri, string Domain) : GuestAddress
    {
        private protected override string Text => Uri is null ? $"virsh:{Domain}" : $"virsh+{Uri}:{Domain}";
    }

    internal sealed record Qm(string Machine) : GuestAddress
    {
        private protected override string Text => $"qm:{Machine}";
    }

    internal sealed record Exec(string CommandLine, string Program, IReadOnlyList<string> Arguments) : GuestAddress
    {
        private protected override string Text => $"exec:{CommandLine}";

        public bool Equals(Exec? other) => other is not null && CommandLine == other.CommandLine;

        public override int GetHashCode() => CommandLine.GetHashCode(StringComparison.Ordinal);
    }
}
