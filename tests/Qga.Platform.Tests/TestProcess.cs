using System.Runtime.CompilerServices;
using Qga.Platform.Processes;

namespace Qga.Platform.Tests;

/// <summary>Prepares the process of the tests as an agent prepares its own.</summary>
internal static class TestProcess
{
    [ModuleInitializer]
    internal static void Prepare() => Spawner.Prepare();
}
