namespace Qga.Testing;

/// <summary>
/// An agent in a mount namespace in which the kernel and udev seem to tell what is in a <see cref="SysfsTree"/>. Only root can start it.
/// </summary>
/// <param name="scratch">Where its launcher is written.</param>
/// <param name="tree">What it sees.</param>
/// <param name="agent">The program.</param>
public sealed class TreeAgent(ScratchDirectory scratch, SysfsTree tree, string agent) : AgentUnderTest(Launcher(scratch, tree, agent), [])
{
    private static string Launcher(ScratchDirectory scratch, SysfsTree tree, string agent) => scratch.WriteProgram(
        $"launch-{Path.GetFileName(agent)}",
        $$"""
          #!/bin/sh
          # udev's library wants a real sysfs, unless it is told otherwise.
          export SYSTEMD_DEVICE_VERIFY_SYSFS=0
          exec unshare --mount --propagation private sh -ec '
              mount --bind {{tree.Sysfs}} /sys
              mount --bind {{tree.Run}} /run
              mount --bind {{tree.Statistics}} /proc/diskstats
              mount --bind {{tree.Mounts}} /proc/$$/mountinfo
              exec "$@"' sh {{agent}} "$@"

          """);
}
