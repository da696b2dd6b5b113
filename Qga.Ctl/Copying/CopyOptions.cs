namespace Qga.Ctl.Copying;

/// <summary>How files are copied.</summary>
/// <param name="IsRecursive">Whether directories are, with all that is in them.</param>
/// <param name="KeepsAttributes">Whether mode and owner are kept.</param>
/// <param name="IsResumed">Whether what an interrupted copy has left is gone on with, and what is the same already is passed over.</param>
/// <param name="IsVerified">Whether both ends are compared by SHA-256.</param>
/// <param name="IsSparse">Whether blocks of zeros become holes.</param>
/// <param name="TakesAllLinks">Whether links that lead out of a guest's tree are made, too.</param>
internal sealed record CopyOptions(
    bool IsRecursive, bool KeepsAttributes, bool IsResumed, bool IsVerified, bool IsSparse, bool TakesAllLinks);
