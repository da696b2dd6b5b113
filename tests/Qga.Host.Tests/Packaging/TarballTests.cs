using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>The archive for other distributions, installed below a folder.</summary>
[Trait("Speed", "Slow")]
public sealed class TarballTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Target => _scratch.PathOf("target");

    public void Dispose() => _scratch.Dispose();

    [ToolFact("scdoc", "tar")]
    public void It_installs_keeps_configuration_and_uninstalls()
    {
        Unpack();
        var configuration = $"{Target}/etc/qemu/qemu-ga.conf";

        Install();
        Assert.Equal(ProcessRun.Of(PublishedAgent.Executable, ["-V"]).Output, ProcessRun.Of($"{Target}/usr/sbin/qemu-ga", ["-V"]).Output);
        File.AppendAllText(configuration, "# mine\n");
        Install();
        Assert.EndsWith("# mine\n", File.ReadAllText(configuration), StringComparison.Ordinal);

        Install("--uninstall");
        Assert.Equal(
            [configuration, $"{Target}/var/lib/qga/config.sha256"],
            Directory.GetFiles(Target, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));

        Install();
        Install("--uninstall", "--purge");
        Assert.Empty(Directory.GetFiles(Target, "*", SearchOption.AllDirectories));
    }

    /// <summary>In a copy of the machine's files, and a process namespace, that end with the script.</summary>
    [OverlayFact("scdoc", "tar", "setpriv")]
    public void Only_an_agent_of_roots_is_in_the_way()
    {
        Unpack();

        var run = OverlayFactAttribute.Run(_scratch, $$"""
            run() { "$@" & until [ "$(readlink /proc/$!/exe)" = /opt/qemu-ga ]; do kill -0 $! || exit; sleep 0.02; done; }
            install -D -m 755 "$(command -v sleep)" /opt/qemu-ga
            cd {{_scratch.Root}}/qga-*/
            run setpriv --reuid 65534 --regid 65534 --clear-groups /opt/qemu-ga 1000
            ./install
            echo "user's: $?"
            run /opt/qemu-ga 1000
            ./install 2>&1 | sed "s/process $!/process ROOTS/"
            ./install --replace
            echo "root's: $?"
            """);

        Assert.Contains("installed, but not started: there is no init system here that this script knows", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nuser's: 0\n", run.Output, StringComparison.Ordinal);
        Assert.Contains(
            "install: another guest agent is here:\n    qemu-ga (process ROOTS)\ninstall: nothing was done.", run.Output, StringComparison.Ordinal);
        Assert.Contains("still running: qemu-ga (process ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("root's: 1\n", run.Output, StringComparison.Ordinal);
    }

    /// <summary>What keeps it from an installation is told, and nothing is done.</summary>
    [OverlayFact("scdoc", "tar")]
    public void An_archive_for_another_machine_or_beside_a_package_is_not_installed()
    {
        Unpack();

        var run = OverlayFactAttribute.Run(_scratch, $$"""
            rm -rf /var/lib/qga /usr/sbin/qga
            mkdir /opt/fake
            PATH=/opt/fake:$PATH
            cd {{_scratch.Root}}/qga-*/
            printf '#!/bin/sh\n[ "$1" = -m ] && echo armv7l || echo Linux armv7l\n' > /opt/fake/uname
            chmod 755 /opt/fake/uname
            ./install 2>&1
            rm /opt/fake/uname
            printf '#!/bin/sh\n[ "$*" = "-q qga" ]\n' > /opt/fake/rpm
            chmod 755 /opt/fake/rpm
            ./install 2>&1
            rm /opt/fake/rpm
            [ ! -e /var/lib/qga/installed ] && [ ! -e /usr/sbin/qga ] && ./install > /opt/fake/said && [ -x /usr/sbin/qga ] && echo then it was
            """);

        Assert.Equal(
            "install: this archive is not for Linux armv7l\n"
            + "install: the RPM package qga is installed: upgrade that, or remove it first\n"
            + "then it was\n",
            run.Output);
    }

    private void Unpack()
    {
        var archive = ProcessRun.Of(Repository.PathOf("packaging/build-tarball"), [_scratch.Root]);
        Assert.True(archive.ExitCode == 0, archive.Error);
        ProcessRun.Of("tar", ["-C", _scratch.Root, "-xzf", archive.Output.TrimEnd()]);
    }

    private void Install(params string[] options)
    {
        var script = Directory.GetDirectories(_scratch.Root, "qga-*").Single() + "/install";
        var run = ProcessRun.Of(script, options, new Dictionary<string, string?> { ["DESTDIR"] = Target });
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
    }
}
