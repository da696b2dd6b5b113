namespace Qga.Host.Tests.Control;

/// <summary>
/// One after the other: <c>qga status</c> asks every agent that runs, and some tests watch that nobody does anything with theirs.
/// </summary>
[CollectionDefinition(Name)]
public sealed class ControlSocketGroup
{
    public const string Name = "control sockets";
}
