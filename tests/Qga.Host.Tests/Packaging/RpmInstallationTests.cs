using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>
/// The package for rpm, installed by rpm in a copy of the machine's files, with a systemctl, a udevadm and an agent that only keep a list of how
/// they are called. The host has given the guest its port.
/// </summary>
public sealed class RpmInstallationTests(SmallPackages packages) : IClassFixture<SmallPackages>
{
    private const string Calls = "/run/calls";
    private const string Active = "echo 'qemu-guest-agent.service loaded active running Agent' > /run/units\n";

    private const string Prologue = """
        set -e
        mount -t tmpfs dev /dev
        mknod -m 666 /dev/null c 1 3
        mkdir -p /run/systemd/system /dev/virtio-ports
        touch /dev/virtio-ports/org.qemu.guest_agent.0 /run/calls /run/units
        cat > /run/recorder << 'END'
        #!/bin/sh
        echo "${0##*/} $*" >> /run/calls
        case "$*" in
            list-units*) cat /run/units ;;
            *'disable --now'*) : > /run/units ;;
            *is-active*) exit 3 ;;
            is-enabled*) cat /run/enabled 2> /dev/null || echo static ;;
        esac
        END
        for program in systemctl udevadm; do install -m 755 /run/recorder /usr/bin/$program; done
        rm -rf /etc/qemu /etc/qemu-ga /etc/sysconfig /var/lib/qga /var/log/qga /var/log/qemu-ga
        rpm() { PATH=/usr/bin:/bin command rpm --dbpath /run/rpm --nodeps "$@" 2>> /run/said || { cat /run/said; exit 1; }; }
        recorded() { install -m 755 /run/recorder /usr/sbin/qga; : > /run/calls; }

        """;

    [RpmFact]
    public void Installation_brings_the_configuration_and_starts_the_agent() => Assert.Equal(
        """
        systemctl --system daemon-reload
        udevadm control --reload
        systemctl list-units --plain --no-legend --full --state=active,reloading qemu-guest-agent*.service
        systemctl --quiet is-active qemu-guest-agent-unix.socket
        udevadm trigger --settle --action=change --subsystem-match=virtio-ports
        systemctl is-enabled qemu-guest-agent.service
        systemctl start qemu-guest-agent.service
        same
        700 /var/log/qga

        """,
        Run($"""
            rpm -U {Package(1)}
            cat {Calls}
            cmp /etc/qemu/qemu-ga.conf /usr/share/qga/config/qemu-ga.conf && cmp /etc/qemu/fsfreeze-hook /usr/share/qga/config/fsfreeze-hook && echo same
            stat -c '%a %n' /var/log/qga
            """));

    [RpmFact]
    public void Masked_agent_is_not_started() => Assert.Equal("0\n", Run($"""
        echo masked > /run/enabled
        rpm -U {Package(1)}
        grep -c 'systemctl start' {Calls} || :
        """));

    [RpmFact]
    public void Upgrade_keeps_what_was_changed_and_restarts_the_agent_without_a_stop() => Assert.Equal(
        """
        systemctl --system daemon-reload
        udevadm control --reload
        systemctl list-units --plain --no-legend --full --state=active,reloading qemu-guest-agent*.service
        systemctl restart qemu-guest-agent.service
        # mine
        the hook was deleted
        up to date

        """,
        Run($"""
            rpm -U {Package(1)}
            echo '# mine' >> /etc/qemu/qemu-ga.conf
            rm /etc/qemu/fsfreeze-hook
            # As the version before had it.
            hook=/etc/qemu/fsfreeze-hook.d/postgresql.sample
            echo '# old' >> $hook
            sed -i "s|.*  $hook|$(sha256sum < $hook | cut -c -64)  $hook|" /var/lib/qga/config.sha256
            recorded
            {Active}
            rpm -U {Package(2)}
            cat {Calls}
            tail -n 1 /etc/qemu/qemu-ga.conf
            [ -e /etc/qemu/fsfreeze-hook ] || echo the hook was deleted
            cmp $hook /usr/share/qga/config/fsfreeze-hook.d/postgresql.sample && echo up to date
            """));

    [RpmFact]
    public void Removal_thaws_and_keeps_what_was_changed() => Assert.Equal(
        """
        systemctl list-units --plain --no-legend --full qemu-guest-agent*.socket qemu-guest-agent*.service
        systemctl stop qemu-guest-agent.service
        qga thaw
        systemctl --system daemon-reload
        udevadm control --reload
        /etc/qemu/qemu-ga.conf
        /var/lib/qga/config.sha256

        """,
        Run($"""
            rpm -U {Package(1)}
            echo '# mine' >> /etc/qemu/qemu-ga.conf
            mkdir -p /etc/systemd/system/sockets.target.wants
            ln -s /usr/lib/systemd/system/qemu-guest-agent-unix.socket /etc/systemd/system/sockets.target.wants/
            recorded
            {Active}
            rpm -e qga
            cat {Calls}
            find /etc/qemu /var/lib/qga ! -type d
            for path in /usr/lib/qga /usr/share/qga /usr/sbin/qga /usr/bin/qemu-ga /var/log/qga; do [ ! -e $path ] || echo $path is left; done
            find /etc/systemd/system -name 'qemu-guest-agent*'
            """));

    /// <summary>Its block list most of all: the host must not have, by a change of packages, what it did not have before.</summary>
    [RpmFact]
    public void It_takes_the_place_of_qemu_guest_agent_with_its_settings()
    {
        var output = Run($"""
            rpm -U {OldPackage()}
            echo BLACKLIST_RPC=guest-exec,guest-file-open > /etc/sysconfig/qemu-ga
            touch /etc/qemu-ga/fsfreeze-hook.d/mine
            {Active}
            : > {Calls}
            rpm -U {Package(1)}
            grep -E 'disable|start ' {Calls}
            cat /etc/sysconfig/qemu-ga
            cat /etc/qemu-ga/fsfreeze-hook
            find /etc/qemu-ga /etc/sysconfig ! -type d | sort
            ls -d /var/log/qemu-ga
            command rpm --dbpath /run/rpm -qa --qf '%{"{NAME}"}\n'
            grep Description /usr/lib/systemd/system/qemu-guest-agent.service
            [ ! -e /var/lib/qga/replaced ] || echo a copy is left
            recorded
            rpm -e qga
            cat /etc/sysconfig/qemu-ga
            """);

        Assert.Equal(
            """
            systemctl --no-reload disable --now qemu-guest-agent.service
            systemctl start qemu-guest-agent.service
            BLACKLIST_RPC=guest-exec,guest-file-open
            #!/bin/sh
            # theirs
            /etc/qemu-ga/fsfreeze-hook
            /etc/qemu-ga/fsfreeze-hook.d/mine
            /etc/sysconfig/qemu-ga
            /var/log/qemu-ga
            qga
            Description=QEMU Guest Agent
            BLACKLIST_RPC=guest-exec,guest-file-open

            """,
            output);
    }

    private string Run(string script)
    {
        var run = OverlayFactAttribute.Run(packages.Scratch, Prologue + script);
        return run.ExitCode == 0 ? run.Output : throw new InvalidOperationException($"{run}");
    }

    private string Package(int release)
    {
        var path = packages.Scratch.PathOf($"releases/qga-{SmallPackages.Version}-{release}.x86_64.rpm");
        if (!File.Exists(path))
        {
            _ = SmallPackages.Succeeded(ProcessRun.Of(
                Repository.PathOf("packaging/build-rpm"),
                [packages.Scratch.PathOf("releases")],
                new Dictionary<string, string?>(packages.Environment) { ["RPM_RELEASE"] = $"{release}" }));
        }

        return path;
    }

    /// <summary>As RHEL's package is, in small: settings and a hook that are configuration, and a unit that stops with it.</summary>
    private string OldPackage()
    {
        var spec = packages.Scratch.Write("qemu-guest-agent.spec", """
            Name: qemu-guest-agent
            Epoch: 18
            Version: 10.0.0
            Release: 1
            Summary: Another agent
            License: GPL
            %description
            Another agent.
            %install
            cd %{buildroot}
            mkdir -p etc/sysconfig etc/qemu-ga/fsfreeze-hook.d usr/bin usr/lib/systemd/system var/log/qemu-ga
            echo BLACKLIST_RPC=guest-exec > etc/sysconfig/qemu-ga
            printf '#!/bin/sh\n# theirs\n' > etc/qemu-ga/fsfreeze-hook
            echo theirs > usr/bin/qemu-ga
            printf '[Unit]\nDescription=Theirs\n' > usr/lib/systemd/system/qemu-guest-agent.service
            %preun
            [ "$1" != 0 ] || systemctl --no-reload disable --now qemu-guest-agent.service
            %files
            %config(noreplace) /etc/sysconfig/qemu-ga
            %config(noreplace) /etc/qemu-ga/fsfreeze-hook
            %dir /etc/qemu-ga
            %dir /etc/qemu-ga/fsfreeze-hook.d
            /usr/bin/qemu-ga
            /usr/lib/systemd/system/qemu-guest-agent.service
            %dir /var/log/qemu-ga
            """);
        _ = SmallPackages.Run(
            "rpmbuild", "-bb", "--quiet", "--define", $"_topdir {packages.Scratch.PathOf("rpmbuild")}", "--define", $"_rpmdir {packages.Scratch.Root}",
            "--define", "_build_name_fmt old.rpm", "--define", "_binary_payload w0.gzdio", "--define", "__os_install_post %{nil}", spec);
        return packages.Scratch.PathOf("old.rpm");
    }

    /// <summary>A test that makes and installs packages for rpm.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class RpmFactAttribute : Xunit.FactAttribute
    {
        public RpmFactAttribute() =>
            Skip = SmallPackageFactAttribute.ReasonFor(["rpm", "rpmbuild", "checkmodule", "semodule_package"]) ?? new OverlayFactAttribute().Skip;
    }
}
