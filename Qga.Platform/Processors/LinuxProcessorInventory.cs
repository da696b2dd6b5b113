namespace Qga.Platform.Processors;

/// <summary>The guest's processors and memory, of a Linux guest.</summary>
public sealed class LinuxProcessorInventory : IProcessorInventory;
