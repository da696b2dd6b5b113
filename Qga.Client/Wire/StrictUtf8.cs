using System.Text;

namespace Qga.Client;

/// <summary>
/// UTF-8 that refuses what it can't tell, instead of putting something else into its place: a name must arrive as it is or not at all.
/// </summary>
internal static class StrictUtf8
{
    internal static Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
