using System.Globalization;

namespace Qga.Bench;

/// <summary>What the command line asks for.</summary>
/// <param name="Only">The one measurement to take; null is all.</param>
/// <param name="Runs">How many times to take each; null is as many as suits it.</param>
/// <param name="Against">Another executable of ours to measure in the place of qemu-ga; null is none.</param>
/// <param name="Soak">How long to keep an agent under load instead; null is not at all.</param>
internal sealed record BenchOptions(string? Only, int? Runs, string? Against, TimeSpan? Soak)
{
    private const double MostMinutes = 7 * 24 * 60;

    /// <returns>Null if the options make no sense.</returns>
    internal static BenchOptions? TryParse(IReadOnlyList<string> arguments, IReadOnlyList<string> names)
    {
        var options = new BenchOptions(Only: null, Runs: null, Against: null, Soak: null);
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
                case "--against" when File.Exists(value):
                    options = options with { Against = value };
                    break;
                case "--soak" when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes)
                    && minutes is > 0 and <= MostMinutes:
                    options = options with { Soak = TimeSpan.FromMinutes(minutes) };
                    break;
                default:
                    return null;
            }
        }

        return options is { Soak: not null } and not { Only: null, Runs: null, Against: null } ? null : options;
    }
}
