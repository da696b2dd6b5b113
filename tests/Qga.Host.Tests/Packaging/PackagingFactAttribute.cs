using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>A test of the built package, skipped with the reason where a tool for building or for the test is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PackagingFactAttribute : FactAttribute
{
    public PackagingFactAttribute(params string[] needed) => Skip = new ToolFactAttribute([.. BuiltPackage.Tools, .. needed]).Skip;
}
