using Newtonsoft.Json.Linq;

namespace Qga.Ctl.CommandLine;

/// <summary>Something was given up or has failed, and what was done before is told with it to programs.</summary>
internal sealed class PartlyDoneException(JObject done, Exception cause) : Exception(cause.Message, cause)
{
    /// <summary>What was done, as the verb tells it.</summary>
    internal JObject Done => done;

    internal Exception Cause => InnerException!;
}
