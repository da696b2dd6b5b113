using System.Configuration.Internal;

namespace Qga.Ctl.Groups;

/// <summary>
/// Stands in for .NET's app.config files, which Akka looks into whenever a system is created, even with a configuration given.
/// There are none here, and looking for them takes time and loads OpenSSL, which a static executable can't.
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
