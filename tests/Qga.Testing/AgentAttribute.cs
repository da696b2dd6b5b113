using System.Reflection;
using Xunit.Sdk;

namespace Qga.Testing;

/// <summary>Runs a theory with the published agent, or with a real qemu-ga, of which it is skipped with the reason where there is none.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class AgentAttribute : DataAttribute
{
    /// <summary>The published agent's name.</summary>
    public const string Ours = "qga";

    /// <param name="name"><c>qga</c>, or the suite of Debian that the qemu-ga is from.</param>
    public AgentAttribute(string name)
    {
        Name = name;
        Skip = name == Ours ? null : PeerAgent.ReasonWithout(name);
    }

    public string Name { get; }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Name]];

    /// <summary>Starts the agent that a case has.</summary>
    public static AgentUnderTest Start(string name, params string[] options) =>
        name == Ours ? new PublishedAgent(options) : PeerAgent.StartOf(name, options);
}
