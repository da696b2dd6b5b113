namespace Qga.Platform.Processors;

/// <summary>The guest's processors and memory.</summary>
public interface IProcessorInventory;
