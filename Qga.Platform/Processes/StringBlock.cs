using System.Collections;
using System.Text;

namespace Qga.Platform.Processes;

/// <summary>Strings that each end in NUL, one after the other, as a program is given its arguments and its environment.</summary>
internal static class StringBlock
{
    internal static byte[] Of(params IEnumerable<string> strings) => Encoding.UTF8.GetBytes(string.Concat(strings.Select(text => $"{text}\0")));

    /// <summary>Our environment and what <see cref="LoginEnvironment"/> finds missing in it, in which these variables have these values.</summary>
    internal static byte[] OfEnvironment(params ReadOnlySpan<(string Name, string Value)> variables)
    {
        var environment = Environment.GetEnvironmentVariables();
        foreach (var (name, value) in LoginEnvironment.Missing(name => environment[name] as string).ToList())
            environment[name] = value;
        foreach (var (name, value) in variables)
            environment[name] = value;
        return Of(environment.Cast<DictionaryEntry>().Select(variable => $"{variable.Key}={variable.Value}"));
    }
}
