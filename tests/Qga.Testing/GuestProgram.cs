using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Testing;

/// <summary>Programs that an agent runs for its client.</summary>
public static class GuestProgram
{
    /// <summary>Starts a shell script whose output is captured.</summary>
    /// <returns>Its process id.</returns>
    public static int StartShell(QmpClient client, string script, params (string Name, JToken Value)[] more) =>
        (int)Qmp.Return(client.Ask(Request("/bin/sh", ["-c", script], more)))["pid"]!;

    public static string Request(string path, IEnumerable<string> arguments, params (string Name, JToken Value)[] more) => Qmp.Request(
        "guest-exec", [("path", path), ("arg", new JArray(arguments)), .. more.Any(argument => argument.Name == "capture-output") ? more : [.. more, ("capture-output", true)]]);

    public static string Status(int pid) => Qmp.Request("guest-exec-status", ("pid", pid));

    /// <summary>Asks for a process until it has ended.</summary>
    public static JToken EndOf(QmpClient client, int pid)
    {
        JToken status = JValue.CreateNull();
        Eventually.True(() => (bool)(status = Qmp.Return(client.Ask(Status(pid))))["exited"]!);
        return status;
    }

    /// <summary>Runs a shell script to its end.</summary>
    public static JToken Shell(QmpClient client, string script, params (string Name, JToken Value)[] more) =>
        EndOf(client, StartShell(client, script, more));

    /// <summary>What the process has printed.</summary>
    public static string Output(JToken status) => Encoding.UTF8.GetString(Convert.FromBase64String((string?)status["out-data"] ?? ""));
}
