using Qga.Platform.Processors;

namespace Qga.Actors.Tests.Processors;

/// <summary>The guest's processors and memory, as a test wants it.</summary>
internal sealed class FakeProcessors : IProcessorInventory;
