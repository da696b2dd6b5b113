"""The cases of guests without systemd: what starts, keeps and ends the agent there."""

from . import Failure
from .cases import CONFIGURATION, DEBIAN, OURS, case, expect, expect_in, must_be_thawed, upgrade_in_a_freeze
from .guest import Guest, Writer, UNIT
from .waiting import until

SCRIPT = f"/etc/init.d/{UNIT}"
TARBALL = "/data/packages/qga.tar.gz"


def init_case(name, agent=OURS):
    return case(name, agent, has_systemd=False)


def freeze(guest: Guest):
    """Freezes all: what then waits to write to each filesystem."""
    expect("frozen", guest.frozen_by_virsh(), 2)
    writers = Writer(guest, "/"), Writer(guest, "/data")
    for writer in writers:
        writer.must_hang()
    return writers


def must_be_frozen_till_thawed(guest: Guest, writers):
    expect("status", guest.ask("guest-fsfreeze-status"), "frozen")
    for writer in writers:
        writer.must_hang()
    expect("thawed", guest.thawed_by_virsh(), 2)
    for writer in writers:
        writer.must_go_through()
    must_be_thawed(guest)


def reboot(guest: Guest):
    boot = guest.run("cat /proc/sys/kernel/random/boot_id")
    guest.virsh("reboot", "--mode", "agent")
    guest.wait_for_boot(other_than=boot)
    guest.wait_for_agent()


@init_case("init: upgrade from Debian's qemu-guest-agent", agent=DEBIAN)
def upgrade_from_debian(guest):
    guest.run(f"mkdir -p /etc/qemu && printf '%s' '{CONFIGURATION}' > /etc/qemu/qemu-ga.conf && chmod 600 /etc/qemu/qemu-ga.conf")
    guest.install("qga")
    guest.agent_is = "ours"
    guest.wait_for_agent()
    expect("agents", guest.agents(), [guest.main_pid()])
    expect("executable", guest.run(f"readlink /proc/{guest.main_pid()}/exe"), "/usr/sbin/qga")
    expect("configuration", guest.run("cat /etc/qemu/qemu-ga.conf") + "\n", CONFIGURATION)
    expect("what the block list took", [c["name"] for c in guest.ask("guest-info")["supported_commands"] if not c["enabled"]],
           ["guest-get-users"])
    expect("owner of the script", guest.run(f"dpkg -S {SCRIPT} | cut -d : -f 1"), "qga")
    expect("status", guest.service("status"), 0)

    # The next boot starts the same one, and only that; what is left of Debian's package does not take anything of ours away.
    guest.run("cp /usr/share/qga/config/qemu-ga.conf /etc/qemu/qemu-ga.conf && dpkg --purge qemu-guest-agent")
    reboot(guest)
    expect("agents after a boot", guest.agents(), [guest.main_pid()])
    expect("executable", guest.run(f"readlink /proc/{guest.main_pid()}/exe"), "/usr/sbin/qga")


@init_case("init: killed, and killed while frozen")
def killed(guest):
    former = guest.main_pid()
    guest.run(f"kill -KILL {former}")
    former = guest.wait_for_other_agent(former)
    expect("status", guest.service("status"), 0)
    writers = freeze(guest)
    guest.run(f"kill -KILL {former}")
    guest.wait_for_other_agent(former)
    must_be_frozen_till_thawed(guest, writers)


@init_case("init: restart while frozen")
def restart_while_frozen(guest):
    writers = freeze(guest)
    former = guest.main_pid()
    expect("restart", guest.service("restart"), 0)
    guest.wait_for_other_agent(former)
    must_be_frozen_till_thawed(guest, writers)
    expect("agents", guest.agents(), [guest.main_pid()])


@init_case("init: stop while frozen")
def stop_while_frozen(guest):
    writers = freeze(guest)
    expect("stop", guest.service("stop"), 0)
    for writer in writers:
        writer.must_go_through()
    must_be_thawed(guest)
    expect("agents", guest.agents(), [])
    if guest.service("status") == 0:
        raise Failure("the status of what is stopped is that of what runs")
    expect("start", guest.service("start"), 0)
    guest.wait_for_agent()
    expect("status", guest.ask("guest-fsfreeze-status"), "thawed")


@init_case("init: upgrade while frozen")
def upgrade_while_frozen(guest):
    guest.run(f"printf '# mine\\n' | tee -a /etc/qemu/qemu-ga.conf >> {SCRIPT}")
    upgrade_in_a_freeze(guest)
    expect("what was changed", guest.run(f"tail -qn 1 /etc/qemu/qemu-ga.conf {SCRIPT}"), "# mine\n# mine")


@init_case("init: removal, and the tarball in its place")
def removal_and_tarball(guest):
    expect("frozen", guest.frozen_by_virsh("--mountpoint", "/data"), 1)
    data = Writer(guest, "/data")
    data.must_hang()
    # A removal is a stop: it leaves nothing frozen.
    guest.run("DEBIAN_FRONTEND=noninteractive apt-get -y purge qga", 600)
    data.must_go_through()
    must_be_thawed(guest)
    expect("agents", guest.agents(), [])
    expect("keepers", guest.shell.call("pgrep -f /usr/lib/qga/service")[1], "")
    expect("files left", guest.run(f"ls -d /usr/sbin/qga /usr/lib/qga {SCRIPT} /etc/rc?.d/*{UNIT} /etc/runlevels/*/{UNIT} 2> /dev/null || true"), "")

    guest.run(f"mkdir /root/tarball && tar -C /root/tarball --strip-components 1 -xzf {TARBALL}")
    expect_in("what it did", {"openrc": "OpenRC", "sysvinit": "sysvinit"}[guest.init], guest.run("/root/tarball/install", 300))
    guest.wait_for_agent()
    expect("agents", guest.agents(), [guest.main_pid()])
    former = guest.agents()[0]
    guest.run("printf '# mine\\n' >> /etc/qemu/qemu-ga.conf")
    # Once more is an upgrade, which keeps a freeze.
    expect("frozen", guest.frozen_by_virsh("--mountpoint", "/data"), 1)
    data = Writer(guest, "/data")
    data.must_hang()
    guest.run("/root/tarball/install", 300)
    until("another agent", lambda: guest.agents() not in ([], [former]))
    guest.wait_for_agent()
    expect("status", guest.ask("guest-fsfreeze-status"), "frozen")
    data.must_hang()
    expect("thawed", guest.thawed_by_virsh(), 1)
    data.must_go_through()
    must_be_thawed(guest)
    expect("configuration", guest.run("tail -n 1 /etc/qemu/qemu-ga.conf"), "# mine")

    # It starts with the guest, and is kept running.
    reboot(guest)
    former = guest.agents()[0]
    guest.run(f"kill -KILL {former}")
    until("another agent", lambda: guest.agents() not in ([], [former]))
    guest.wait_for_agent()
    writers = freeze(guest)
    guest.run("/root/tarball/install --uninstall", 300)
    for writer in writers:
        writer.must_go_through()
    must_be_thawed(guest)
    expect("agents", guest.agents(), [])
    expect("files left", guest.run(f"ls -d /usr/sbin/qga /usr/lib/qga {SCRIPT} /etc/rc?.d/*{UNIT} /etc/runlevels/*/{UNIT} 2> /dev/null || true"), "")
    expect("configuration that was changed", guest.run("tail -n 1 /etc/qemu/qemu-ga.conf"), "# mine")
    guest.run("rm -r /etc/qemu/qemu-ga.conf /root/tarball")
    guest.install("qga")
    guest.wait_for_agent()
    expect("agents", guest.agents(), [guest.main_pid()])
