using System.Diagnostics;
using Qga.Actors.Commands;
using Qga.Platform.Processes;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Processes;

/// <summary>A process that the host has started, and what is known of it by now.</summary>
internal sealed class ExecutedProcess(IGuestProcess process)
{
    private readonly long _began = Stopwatch.GetTimestamp();

    public IGuestProcess Process => process;

    /// <summary>Who had it started; null if that is not known, as of one that an older agent has started.</summary>
    public Requester? Requester { get; set; }

    /// <summary>How long ago it began, or was taken over.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_began);

    /// <summary>Whether an agent before this one has started it.</summary>
    public bool IsInherited { get; set; }

    /// <summary>The request that has started it, as far as the audit has it.</summary>
    public AuditedRequest? Audit { get; set; }

    /// <summary>Those who have asked so soon that its end is waited for; null once it is not.</summary>
    public List<Invoke>? Askers { get; set; } = [];

    /// <summary>How it has ended; null as long as it runs, and if nobody knows.</summary>
    public ProcessEnd? End { get; set; }

    /// <summary>Why nobody knows how it has ended; null if it is known, or it runs.</summary>
    public string? Loss { get; set; }

    /// <summary>Whether nothing more can come of what it prints, be it from a child that outlives it.</summary>
    public bool IsDrained { get; set; }

    /// <summary>Whether the host may be told of its end.</summary>
    public bool IsFinished { get; set; }

    /// <summary>Whether the host has been told.</summary>
    public bool IsFetched { get; set; }

    /// <summary>Whether nobody knows its id, so that nobody will ask.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>The answer to guest-exec-status.</summary>
    /// <param name="output">What was printed; null as long as the host is not to be told of the end.</param>
    public IQmpValue Status(ProcessOutput? output) => QmpValue.ObjectOf((IsFinished ? End : null, output), static (json, status) =>
    {
        var (end, output) = status;
        json.WriteMember("exited", end is not null);
        json.WriteOptionalMember("exitcode", end?.ExitCode);
        json.WriteOptionalMember("signal", end?.Signal);
        WriteData(json, "out-data", output?.Out);
        WriteData(json, "err-data", output?.Error);
        WriteTruncation(json, "out-truncated", output?.Out);
        WriteTruncation(json, "err-truncated", output?.Error);
    });

    private static void WriteData(QmpWriter json, string name, CapturedText? text)
    {
        if (text is { Bytes: { IsEmpty: false } bytes })
            json.WriteBase64Member(name, bytes);
    }

    private static void WriteTruncation(QmpWriter json, string name, CapturedText? text)
    {
        if (text is { Bytes.IsEmpty: false, IsTruncated: var isTruncated })
            json.WriteMember(name, isTruncated);
    }
}
