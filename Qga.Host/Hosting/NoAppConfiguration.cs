using System.Configuration.Internal;

namespace Qga.Host.Hosting;

/// <summary>
/// Stands in for .NET's app.config files, which Akka looks into whenever a system is created, even with a configuration given.
/// There are none here, and looking for them costs a third of the agent's start and loads OpenSSL, which a guest need not have, and no static
/// executable can.
/// </summary>
internal sealed class NoAppConfiguration : IInternalConfigSystem
{
    public bool SupportsUserConfig => false;

    /// <remarks>The one way to replace the configuration system is a public interface on a type that is not.</remarks>
    internal static void Install()
    {
        var factory = Type.GetType(
            "System.Configuration.Internal.InternalConfigSettingsFactory, System.Configuration.ConfigurationManager", throwOnError: true)!;
        ((IInternalConfigSettingsFactory)Activator.CreateInstance(factory, nonPublic: true)!)
            .SetConfigurationSystem(new NoAppConfiguration(), initComplete: true);
    }

    public object? GetSection(string configKey) => null;

    public void RefreshConfig(string sectionName)
    {
    }
}
