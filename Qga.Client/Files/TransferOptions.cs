namespace Qga.Client;

/// <summary>How a file is copied to a guest.</summary>
public sealed record UploadOptions
{
    /// <summary>
    /// Whether what an interrupted upload of the same file has left is gone on with. It is compared with the source first; what differs is
    /// sent anew. The source must be a file, or a stream that can seek.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>Whether an upload that is interrupted leaves its part in the guest, for <see cref="Resume"/>.</summary>
    public bool KeepPart { get; init; } = true;

    /// <summary>Whether the file in the guest is compared with what was sent; <see cref="GuestFiles"/> says how.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>The mode of the file. Null keeps that of a file that is replaced; a new one gets 0644.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>Whether the file gets the mode of the source, which must be a file; <see cref="Mode"/> comes first.</summary>
    public bool PreserveMode { get; init; }

    /// <summary>
    /// The owner, as chown(1) takes it: <c>USER</c>, <c>USER:GROUP</c> or <c>:GROUP</c>, by name or number in the guest. Null keeps that of a file
    /// that is replaced.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>
    /// Whether the file gets the owner of the source, which must be a file, by the numbers of user and group; <see cref="Owner"/> comes first.
    /// </summary>
    public bool PreserveOwner { get; init; }

    /// <summary>
    /// Whether what is at the path is written to itself, as for a device, or to keep hard links, ACLs and labels. An upload that fails leaves the
    /// file empty then. A new file is written so, too, where the guest runs no programs for its host.
    /// </summary>
    public bool InPlace { get; init; }
}

/// <summary>How a file is copied from a guest.</summary>
public sealed record DownloadOptions
{
    /// <summary>
    /// Whether what an interrupted download of the same file has left on the host is gone on with. It is compared with the guest's file first,
    /// where that can take a SHA-256; what differs, or can't be compared, is fetched anew.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>Whether a download that is interrupted leaves its part on the host, for <see cref="Resume"/>.</summary>
    public bool KeepPart { get; init; } = true;

    /// <summary>Whether the copy is compared with the file in the guest; <see cref="GuestFiles"/> says how.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Whether blocks of zeros become holes of the copy, which take no room on the host.</summary>
    public bool Sparse { get; init; }

    /// <summary>Whether the copy gets the mode of the file. The guest must run programs for its host.</summary>
    public bool PreserveMode { get; init; }

    /// <summary>
    /// Whether the copy gets the owner of the file, by the numbers of user and group. The guest must run programs for its host, and only root may do
    /// so.
    /// </summary>
    public bool PreserveOwner { get; init; }
}

/// <summary>What a copy is at.</summary>
public enum TransferPhase
{
    /// <summary>It moves bytes.</summary>
    Copying,

    /// <summary>It compares both ends.</summary>
    Verifying,
}

/// <summary>How far a copy is.</summary>
/// <param name="Phase">What it is at.</param>
/// <param name="Bytes">How much has been copied, or compared, what was there before included.</param>
/// <param name="Total">How much there is to copy; null if nobody knows.</param>
public readonly record struct TransferProgress(TransferPhase Phase, long Bytes, long? Total);

/// <summary>By what a copy was compared with what was copied.</summary>
public enum TransferVerification
{
    /// <summary>By its size alone.</summary>
    Size,

    /// <summary>By the SHA-256 that a program has taken in the guest.</summary>
    InGuest,

    /// <summary>By the SHA-256 of what was read once more from the guest.</summary>
    ReadBack,
}

/// <summary>A file that was copied.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="ResumedAt">How much of it an earlier copy had left.</param>
/// <param name="Sha256">Its SHA-256 in hexadecimal, lower case; null if it was not to be verified.</param>
/// <param name="Verification">By what it was compared.</param>
public sealed record TransferResult(long Bytes, long ResumedAt, string? Sha256, TransferVerification Verification);
