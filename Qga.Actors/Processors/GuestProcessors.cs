using Qga.Platform.Processors;

namespace Qga.Actors.Processors;

/// <summary>What the commands of processors, memory and their statistics run on.</summary>
public sealed record GuestProcessors(IProcessorInventory Processors, IMemoryInventory Memory);
