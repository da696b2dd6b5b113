using Qga.Platform.Freeze;
using Qga.Platform.Storage;

namespace Qga.Actors.Storage;

/// <summary>What the storage commands run on.</summary>
/// <param name="FileSystems">Tells what is mounted.</param>
/// <param name="Blocks">Tells what that is on.</param>
/// <param name="Usages">Asks the filesystems how full they are.</param>
/// <param name="Trimmer">Trims them.</param>
public sealed record GuestStorage(
    IMountedFileSystems FileSystems, IBlockInventory Blocks, FileSystemUsages Usages, FileSystemTrimmer Trimmer);
