using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Testing;

/// <summary>A program that an agent runs to its end.</summary>
public static class GuestExecution
{
    /// <summary>Runs a shell script by guest-exec.</summary>
    /// <returns>What it printed.</returns>
    public static string RunShell(this QmpClient client, string script)
    {
        var process = (long)Qmp.Return(client.Ask(
            Qmp.Request("guest-exec", ("path", "sh"), ("arg", new JArray("-c", script)), ("capture-output", true))))["pid"]!;
        JToken? status = null;
        Eventually.True(() => (bool)(status = Qmp.Return(client.Ask(Qmp.Request("guest-exec-status", ("pid", process)))))["exited"]!);
        return Encoding.Latin1.GetString(Convert.FromBase64String((string?)status!["out-data"] ?? ""));
    }
}
