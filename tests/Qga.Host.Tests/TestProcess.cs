using System.Runtime.CompilerServices;
using Qga.Platform.Processes;

namespace Qga.Host.Tests;

/// <summary>Prepares the process of the tests as an agent prepares its own: some start guardians themselves.</summary>
internal static class TestProcess
{
    [ModuleInitializer]
    internal static void Prepare() => Spawner.Prepare();
}
