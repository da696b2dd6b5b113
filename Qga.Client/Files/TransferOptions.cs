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

    /// <summary>Whether a download that is interrupted leaves its part on the host, for <see cref="Resume"/>; only its owner may read that.</summary>
    public bool KeepPart { get; init; } = true;

    /// <summary>Whether the copy is compared with the file in the guest; <see cref="GuestFiles"/> says how.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>
    /// Whether a symbolic link in the place of the target is replaced itself, and not the file behind it: for trees whose links somebody else makes,
    /// as the guest.
    /// </summary>
    public bool ReplaceLink { get; init; }

    /// <summary>
    /// How large the file may be; in bytes. Null takes what the guest says it has, and at most 1 GiB of one that tells no size, as those of /proc.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>
    /// Whether the copy gets the permissions of the file: not the bits that have a program run as somebody else, nor the sticky one. The guest must
    /// run programs for its host. Otherwise the copy has those of the file that it replaces; a new one what umask(2) leaves of 0666.
    /// </summary>
    public bool PreserveMode { get; init; }

    /// <summary>
    /// Whether the copy gets the owner of the file, by the numbers of user and group, whatever the guest says they are. The guest must run programs
    /// for its host, and only root may do so.
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
public readonly record struct TransferProgress
{
    /// <summary>What it is at.</summary>
    public required TransferPhase Phase { get; init; }

    /// <summary>How much has been copied, or compared, what was there before included.</summary>
    public required long Bytes { get; init; }

    /// <summary>How much there is to copy; null if nobody knows.</summary>
    public long? Total { get; init; }

    internal static TransferProgress Of(TransferPhase phase, long bytes, long? total) => new() { Phase = phase, Bytes = bytes, Total = total };
}

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
public sealed record TransferResult
{
    /// <summary>Its size.</summary>
    public required long Bytes { get; init; }

    /// <summary>How much of it an earlier copy had left.</summary>
    public required long ResumedAt { get; init; }

    /// <summary>Its SHA-256 in hexadecimal, lower case; null if it was not to be verified.</summary>
    public string? Sha256 { get; init; }

    /// <summary>By what it was compared.</summary>
    public required TransferVerification Verification { get; init; }

    internal static TransferResult Of(long bytes, long resumedAt, string? sha256, TransferVerification verification) =>
        new() { Bytes = bytes, ResumedAt = resumedAt, Sha256 = sha256, Verification = verification };
}
