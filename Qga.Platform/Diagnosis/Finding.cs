namespace Qga.Platform.Diagnosis;

/// <summary>How bad a finding is; the number is the exit code of a check whose worst it is.</summary>
public enum Severity
{
    Ok,

    /// <summary>A backup succeeds, but may be less than its owner thinks.</summary>
    Warning,

    /// <summary>A backup fails, or can't be trusted.</summary>
    Error,
}

/// <summary>Something that a check has found.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Subject">What part of the guest it is about.</param>
/// <param name="Text">What was found and, if something is wrong, what helps.</param>
public sealed record Finding(Severity Severity, string Subject, string Text)
{
    /// <summary>The word for how bad it is.</summary>
    public string Level => NameOf(Severity);

    public static string NameOf(Severity severity) => severity switch
    {
        Severity.Ok => "ok",
        Severity.Warning => "warning",
        _ => "error",
    };
}
