using System.Globalization;

namespace Qga.Bench;

/// <summary>What the command line asks for.</summary>
/// <param name="Only">The one measurement to take; null is all.</param>
/// <param name="Runs">How many times to take each; null is as many as suits it.</param>
internal sealed record BenchOptions(string? Only, int? Runs)
{
    /// <returns>Null if the options make no sense.</returns>
    internal static BenchOptions? TryParse(IReadOnlyList<string> arguments, IReadOnlyList<string> names)
    {
        var options = new BenchOptions(Only: null, Runs: null);
        for (var index = 0; index < arguments.Count; index += 2)
        {
            var value = arguments.ElementAtOrDefault(index + 1);
            switch (arguments[index])
            {
                case "--only" when names.Contains(value):
                    options = options with { Only = value };
                    break;
                case "--runs" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var runs) && runs > 0:
                    options = options with { Runs = runs };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
