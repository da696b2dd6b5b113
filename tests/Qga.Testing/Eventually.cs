using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Qga.Testing;

/// <summary>Waits for what gives no event, such as the state of another process.</summary>
public static class Eventually
{
    /// <summary>How long anything may take before a test is given up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static void True(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        for (var waited = Stopwatch.StartNew(); !condition(); Thread.Sleep(Pause))
        {
            if (waited.Elapsed > Patience)
                throw new TimeoutException($"still not so: {what}");
        }
    }
}
