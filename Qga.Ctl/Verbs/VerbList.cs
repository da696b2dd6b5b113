namespace Qga.Ctl.Verbs;

/// <summary>All that the tool does, in the order of its help.</summary>
internal static class VerbList
{
    internal static readonly IReadOnlyList<IVerb> All =
    [
        new CallVerb(),
        new FreezeVerb(),
    ];
}
