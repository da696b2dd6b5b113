using Newtonsoft.Json.Linq;
using Qga.Client;
using Qga.Ctl.Guests;
using Qga.Ctl.Interruption;
using Qga.Ctl.Output;

namespace Qga.Ctl.Verbs;

/// <summary>What a verb works with.</summary>
/// <param name="streams">Where it reads and prints.</param>
/// <param name="signals">By what it is given up.</param>
/// <param name="uri">Which libvirt plain names are of; null for virsh's own choice.</param>
/// <param name="timeout">How long a guest is waited for; null for what is usual.</param>
/// <param name="isJson">Whether programs read what is printed.</param>
internal sealed class VerbContext(ToolStreams streams, Signals signals, string? uri, TimeSpan? timeout, bool isJson)
{
    internal const string ToolName = "qgactl";

    /// <summary>Whether programs read what is printed.</summary>
    internal bool IsJson => isJson;

    /// <summary>Bytes in and out, as they are.</summary>
    internal ToolStreams Streams => streams;

    /// <summary>Text for people. What a guest has said goes through <see cref="Printable"/> first.</summary>
    internal TextWriter Out => streams.Out;

    internal TextWriter Error => streams.Error;

    internal Signals Signals => signals;

    /// <summary>Is cancelled by SIGINT, SIGTERM and SIGHUP, unless the verb takes signals by itself.</summary>
    internal CancellationToken Cancellation => signals.Cancellation;

    /// <summary>What the guests of the command line are.</summary>
    internal GuestNames Guests { get; } = new(uri, new GuestAgentOptions());

    /// <summary>How long guests are waited for.</summary>
    /// <param name="usual">What is usual for this verb; null for the usual of all.</param>
    internal GuestAgentOptions OptionsFor(TimeSpan? usual = null)
    {
        var options = new GuestAgentOptions();
        return (timeout ?? usual) is { } time ? options with { Timeout = time, ConnectTimeout = time } : options;
    }

    /// <summary>Connects to a guest of the command line, by its name or address.</summary>
    internal async Task<GuestAgent> ConnectAsync(string name) =>
        await GuestAgent.ConnectAsync(await Guests.AddressOfAsync(name, Cancellation), OptionsFor(), Cancellation);

    /// <summary>Tells people something on the error output, under the tool's name.</summary>
    internal void Note(string text) => streams.Error.WriteLine($"{ToolName}: {Printable.Of(text)}");

    /// <summary>Prints a JSON value, and the LF behind it.</summary>
    internal void Print(JToken value, bool isIndented = false) => streams.Out.WriteLine(JsonText.Of(value, isIndented));
}
