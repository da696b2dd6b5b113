using System.Text;
using Qga.Host.CommandLine;

namespace Qga.Docs;

/// <summary>config/qemu-ga.conf: every setting with what it is and its default, commented out.</summary>
internal static class SampleConfiguration
{
    private const int Width = 118;

    internal static string Text
    {
        get
        {
            var text = new StringBuilder("""
                # Configuration of the guest agent. Command line options override it; lists of both are joined.
                # Install it as /etc/qemu/qemu-ga.conf, writable by root alone: the agent refuses a file that others can write.
                # Every key is optional. A line that is commented out shows the default.


                """);
            foreach (var group in Settings.All.GroupBy(setting => setting.Group))
            {
                if (group.Key == Setting.Own)
                    text.Append("# Settings of this agent alone; qemu-ga ignores them.\n");
                text.Append($"[{group.Key}]\n\n");
                foreach (var setting in group)
                {
                    foreach (var line in WordWrap.Lines(setting.About, Width - 2))
                        text.Append($"# {line}\n");
                    text.Append($"#{setting.Key}={setting.ValueIn(Setting.Defaults) ?? setting.Example}\n\n");
                }
            }

            return $"{text.ToString().TrimEnd('\n')}\n";
        }
    }
}
