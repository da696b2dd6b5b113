using Qga.Platform.Native;
using Qga.Platform.OwnProcess;

namespace Qga.Platform.Processes;

/// <summary>Strings that each end in NUL, one after the other, as a program is given its arguments and its environment.</summary>
internal static class StringBlock
{
    internal static byte[] Of(params IEnumerable<string> strings) =>
        KernelPath.Bytes(string.Concat(strings.Select(text => $"{text}\0"))).ToArray();

    /// <summary>Our environment and what <see cref="LoginEnvironment"/> finds missing in it, in which these variables have these values.</summary>
    internal static byte[] OfEnvironment(params ReadOnlySpan<(string Name, string Value)> variables)
    {
        var environment = Environment.GetEnvironmentVariables().Keys.Cast<string>().ToDictionary(name => name, Invocation.Variable);
        foreach (var (name, value) in LoginEnvironment.Missing(name => environment.GetValueOrDefault(name)).ToList())
            environment[name] = value;
        foreach (var (name, value) in variables)
            environment[name] = value;
        return Of(environment.Select(variable => $"{variable.Key}={variable.Value}"));
    }
}
