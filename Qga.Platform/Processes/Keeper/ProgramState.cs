namespace Qga.Platform.Processes.Keeper;

/// <summary>What a program keeper tells of one of its programs.</summary>
/// <param name="Process">Its process id.</param>
/// <param name="Facts">What is known.</param>
/// <param name="End">The exit code, or the signal that has ended it.</param>
/// <param name="Output">All that it has printed, if that is little and nothing more can come; else it has to be asked for.</param>
internal sealed record ProgramState(int Process, ProgramFacts Facts, int End, ProcessOutput? Output)
{
    /// <summary>Who had it started; null if nobody knows.</summary>
    internal Requester? Requester { get; init; }

    internal static ProgramState Parse(ReadOnlyMemory<byte> body)
    {
        var reader = new KeeperBodyReader(body);
        var (process, facts, end) = (reader.Int32(), (ProgramFacts)reader.Int32(), reader.Int32());
        var output = facts.HasFlag(ProgramFacts.WithOutput) ? KeeperOutput.Read(ref reader) : null;
        return new ProgramState(process, facts, end, output)
        {
            Requester = facts.HasFlag(ProgramFacts.WithRequester) ? KeeperRequester.Read(ref reader) : null,
        };
    }

    internal ReadOnlyMemory<byte> ToBody()
    {
        var facts = Requester is null ? Facts : Facts | ProgramFacts.WithRequester;
        var writer = new KeeperBodyWriter().Int32(Process).Int32((int)facts).Int32(End);
        if (Output is not null)
            KeeperOutput.Write(writer, Output);
        return writer.Requester(Requester).Bytes;
    }
}

/// <summary>Facts about a program; the numbers stay.</summary>
[Flags]
internal enum ProgramFacts
{
    None = 0,

    /// <summary>It has ended; without one of the next two by its exit code.</summary>
    Ended = 1,

    /// <summary>A signal has ended it.</summary>
    BySignal = 2,

    /// <summary>Nobody knows how it has ended.</summary>
    EndUnknown = 4,

    /// <summary>Nobody is left who could print what is kept.</summary>
    Drained = 8,

    /// <summary>The host was told of its end.</summary>
    Fetched = 16,

    /// <summary>Its output follows.</summary>
    WithOutput = 32,

    /// <summary>Who had it started follows.</summary>
    WithRequester = 64,

    /// <summary>The audit has its end.</summary>
    EndRecorded = 128,
}

/// <summary>What a program has printed, between agent and keeper: per stream whether there was more (4 bytes), size and bytes.</summary>
internal static class KeeperOutput
{
    internal static int SizeOf(ProcessOutput output) => 4 * sizeof(int) + output.Out.Bytes.Length + output.Error.Bytes.Length;

    internal static KeeperBodyWriter Write(KeeperBodyWriter writer, ProcessOutput output) => writer
        .Int32(output.Out.IsTruncated ? 1 : 0).Sized(output.Out.Bytes.Span)
        .Int32(output.Error.IsTruncated ? 1 : 0).Sized(output.Error.Bytes.Span);

    internal static ProcessOutput Read(ref KeeperBodyReader reader) => new(ReadStream(ref reader), ReadStream(ref reader));

    private static CapturedText ReadStream(ref KeeperBodyReader reader)
    {
        var isTruncated = reader.Int32() != 0;
        return new CapturedText(reader.Sized(), isTruncated);
    }
}

/// <summary>
/// A program to start, between agent and keeper: path, arguments, environment, capture (4 bytes), whether there is input (4 bytes), input; whether
/// it was decided what is run (4 bytes), and then its path, its identity, its name, its limit in milliseconds (8 bytes, 0 for none), and numbers,
/// name, home and shell of its user (a count of 4, or of -1 for none); who wants it, see <see cref="KeeperRequester"/>.
/// </summary>
internal static class KeeperStart
{
    internal static ReadOnlyMemory<byte> ToBody(ProcessStart start) => new KeeperBodyWriter()
        .Text(start.Path).Texts(start.Arguments).Texts(start.Environment).Int32((int)start.Capture)
        .Int32(start.Input is null ? 0 : 1).Sized(start.Input is { } input ? input.Span : default)
        .Decided(start.Decided).Requester(start.Requester).Bytes;

    internal static ProcessStart Parse(ReadOnlyMemory<byte> body)
    {
        var reader = new KeeperBodyReader(body);
        var (path, arguments, environment) = (reader.Text(), reader.Texts() ?? [], reader.Texts());
        var (capture, hasInput, input) = ((OutputCapture)reader.Int32(), reader.Int32() != 0, reader.Sized());
        return new ProcessStart(path, arguments, environment, hasInput ? input : (ReadOnlyMemory<byte>?)null, capture)
        {
            Decided = reader.Int32() == 0 ? null : DecidedOf(ref reader),
            Requester = KeeperRequester.Read(ref reader),
        };
    }

    private static KeeperBodyWriter Decided(this KeeperBodyWriter writer, DecidedProgram? decided) => decided is null ? writer.Int32(0) : writer
        .Int32(1).Text(decided.Path).Text(decided.Identity).Text(decided.Name).Int64((long)decided.Limit.GetValueOrDefault().TotalMilliseconds)
        .Texts(decided.User is { } user ? [user.Numbers, user.Name, user.Home, user.Shell] : null);

    private static DecidedProgram DecidedOf(ref KeeperBodyReader reader)
    {
        var (path, identity, name, limit) = (reader.Text(), reader.Text(), reader.Text(), reader.Int64());
        return new DecidedProgram(path, identity, name)
        {
            Limit = limit == 0 ? null : TimeSpan.FromMilliseconds(limit),
            User = reader.Texts() switch
            {
                null => null,
                [var numbers, var user, var home, var shell] => new ProgramUser(numbers, user, home, shell),
                _ => throw new InvalidDataException("a program's user is not four texts"),
            },
        };
    }
}

/// <summary>
/// Who wants a program, between agent and keeper: one text, or none for somebody whom nobody knows. Sides that don't tell leave it out.
/// </summary>
internal static class KeeperRequester
{
    internal static KeeperBodyWriter Requester(this KeeperBodyWriter writer, Requester? requester) =>
        requester is null ? writer : writer.Texts(requester.Peer is { } peer ? [peer] : []);

    internal static Requester? Read(ref KeeperBodyReader reader) =>
        !reader.HasMore ? null : reader.Texts() is [var peer, ..] ? new Requester(peer) : new Requester(Peer: null);
}
