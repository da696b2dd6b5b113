namespace Qga.Ctl.Verbs;

/// <summary>All that the tool does, in the order of its help.</summary>
internal static class VerbList
{
    internal static readonly IReadOnlyList<IVerb> All =
    [
        new LsVerb(),
        new InfoVerb(),
        new CallVerb(),
        new CpVerb(),
        new ExecVerb(),
        new FreezeVerb(),
        new WatchVerb(),
        new CompletionVerb(),
    ];
}
