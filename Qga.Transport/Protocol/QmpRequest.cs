using Newtonsoft.Json.Linq;

namespace Qga.Transport.Protocol;

/// <summary>
/// One request: the command's name, of which what no command's is long enough for may be missing, and its arguments. The id stays with the transport,
/// which alone needs it.
/// </summary>
public sealed record QmpRequest(string Command, JObject Arguments)
{
    private static readonly JObject NoArguments = [];

    /// <summary>Checks the form of a message, in the order and with the texts of the protocol, see docs/architecture.md.</summary>
    /// <param name="message">Any JSON value.</param>
    /// <param name="id">The request's id if it has one, even when the form is wrong otherwise.</param>
    /// <param name="error">What is wrong; null on success.</param>
    /// <returns>The request; null if the form is wrong.</returns>
    public static QmpRequest? Check(JToken message, out JToken? id, out QmpError? error)
    {
        id = null;
        if (message is not JObject members)
        {
            error = QmpError.Generic("QMP input must be a JSON object");
            return null;
        }

        id = members["id"];
        foreach (var (name, value) in members)
        {
            var desc = name switch
            {
                "id" => null,
                "execute" => IsString(value) ? null : "QMP input member 'execute' must be a string",
                "arguments" => value is JObject ? null : "QMP input member 'arguments' must be an object",
                _ => $"QMP input member '{QmpError.Quoted(name)}' is unexpected",
            };
            if (desc is not null)
            {
                error = QmpError.Generic(desc);
                return null;
            }
        }

        if (members["execute"] is not { } command)
        {
            error = QmpError.Generic("QMP input lacks member 'execute'");
            return null;
        }

        error = null;
        return new QmpRequest(QmpArguments.NameOf(command), (JObject?)members["arguments"] ?? NoArguments);
    }

    private static bool IsString(JToken? value) => value is { Type: JTokenType.String or JTokenType.Bytes };
}
