namespace Qga.Actors.Storage;

/// <summary>What the storage commands run on.</summary>
public sealed record GuestStorage(FileSystemTrimmer Trimmer);
