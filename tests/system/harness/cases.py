"""The cases, in the order in which they run. Each gets a guest whose agent answers, and leaves it so."""

import json
import re
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Callable

from . import Failure
from .guest import Guest, Markers, Writer, UNIT
from .raw import RawClient
from .waiting import until

# What a case may run on: Debian's agent or ours; most don't care.
ANY, DEBIAN, OURS = "any", "debian", "ours"

CASES: list["Case"] = []


@dataclass(frozen=True)
class Case:
    name: str
    agent: str
    run: Callable[[Guest], None]
    has_systemd: bool

    def is_for(self, release):
        """Whether it is about a guest of that name, as "trixie" or "trixie-openrc"."""
        return self.has_systemd != ("-" in release)


def case(name, agent=ANY, has_systemd=True):
    def register(function):
        CASES.append(Case(name, agent, function, has_systemd))
        return function
    return register


def expect(what, seen, wanted):
    if seen != wanted:
        raise Failure(f"{what}: {seen!r}, not {wanted!r}")


def expect_in(what, wanted, seen):
    if wanted not in seen:
        raise Failure(f"{what}: no {wanted!r} in {seen!r}")


def expect_about(what, seen, wanted, tolerance):
    if abs(seen - wanted) > tolerance:
        raise Failure(f"{what}: {seen}, not {wanted} give or take {tolerance}")


# --- the package in place of Debian's -----------------------------------------------------------------------------------

CONFIGURATION = "[general]\nblock-rpcs=guest-get-users\n"


@case("upgrade from Debian's qemu-guest-agent", agent=DEBIAN)
def upgrade_from_debian(guest):
    former = guest.main_pid()
    guest.run(f"mkdir -p /etc/qemu && printf '%s' '{CONFIGURATION}' > /etc/qemu/qemu-ga.conf && chmod 600 /etc/qemu/qemu-ga.conf")
    guest.install("qga")
    guest.agent_is = "ours"
    guest.wait_for_other_agent(former)
    expect("agents", guest.agents(), [guest.main_pid()])
    expect("configuration", guest.run("cat /etc/qemu/qemu-ga.conf") + "\n", CONFIGURATION)
    expect("what the block list took", [c["name"] for c in guest.ask("guest-info")["supported_commands"] if not c["enabled"]],
           ["guest-get-users"])
    expect("failed units", guest.run("systemctl --failed --quiet --no-legend"), "")
    expect("host name by virsh", guest.virsh("domhostname"), f"qga-{guest.release}")
    expect("executable", guest.run(f"readlink /proc/{guest.main_pid()}/exe"), "/usr/sbin/qga")
    # The next boot starts the same one, and only that.
    guest.run("cp /usr/share/qga/config/qemu-ga.conf /etc/qemu/qemu-ga.conf")
    boot = guest.run("cat /proc/sys/kernel/random/boot_id")
    guest.wait_for_agent()
    guest.virsh("reboot", "--mode", "agent")
    guest.wait_for_boot(other_than=boot)
    guest.wait_for_agent()
    expect("agents after a boot", guest.agents(), [guest.main_pid()])


# --- what virsh asks for ------------------------------------------------------------------------------------------------

@case("domhostname")
def domhostname(guest):
    expect("host name", guest.virsh("domhostname"), f"qga-{guest.release}")
    guest.run("hostname another-name")
    expect("host name after a change", guest.virsh("domhostname"), "another-name")
    guest.run(f"hostname qga-{guest.release}")


@case("guestinfo")
def guestinfo(guest):
    # Every kind by itself: without a kind virsh leaves out what the agent can't do.
    told = "\n".join(guest.virsh("guestinfo", f"--{kind}")
                     for kind in ("user", "os", "timezone", "hostname", "filesystem", "disk", "interface"))
    values = dict(re.findall(r"^([a-z0-9.-]+)\s*: (.*)$", told, re.MULTILINE))
    release = dict(line.split("=", 1) for line in guest.run("cat /etc/os-release").splitlines())
    expect("os.id", values.get("os.id"), "debian")
    expect("os.version-id", values.get("os.version-id"), release["VERSION_ID"].strip('"'))
    expect("os.kernel-release", values.get("os.kernel-release"), guest.run("uname -r"))
    expect("hostname", values.get("hostname"), f"qga-{guest.release}")
    expect("timezone.offset", values.get("timezone.offset"), "0")
    expect("fs.count", values.get("fs.count"), "2")
    expect("disk.count is that of /sys", values.get("disk.count"), guest.run("ls -d /sys/class/block/vd* | wc -l"))
    expect_in("interface addresses", "192.0.2.10", told)
    expect("user.count", values.get("user.count"), "0")


@case("domfsinfo")
def domfsinfo(guest):
    told = {columns[0]: columns[1:] for columns in (line.split() for line in guest.virsh("domfsinfo").splitlines())}
    expect("filesystems", told, {"/": ["vda", "ext4", "vda"], "/data": ["vdb", "ext4", "vdb"]})
    expect("order, the last mounted first", [f["mountpoint"] for f in guest.ask("guest-get-fsinfo")], ["/data", "/"])


@case("domifaddr --source agent")
def domifaddr(guest):
    told = [line.split() for line in guest.virsh("domifaddr", "--source", "agent").splitlines()]
    expect_in("addresses", ["eth0", "52:54:00:12:34:56", "ipv4", "192.0.2.10/24"], told)
    expect_in("addresses", ["lo", "00:00:00:00:00:00", "ipv4", "127.0.0.1/8"], told)
    only = guest.virsh("domifaddr", "--source", "agent", "--interface", "eth0")
    if "127.0.0.1" in only:
        raise Failure(f"asked for eth0 alone, and told: {only}")


def guest_clock(guest):
    return int(guest.run("date +%s"))


def told_clock(guest):
    return int(guest.virsh("domtime").split()[-1])


@case("domtime")
def domtime(guest):
    expect_about("domtime", told_clock(guest), time.time(), 30)
    moment = int(datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc).timestamp())
    guest.virsh("domtime", "--time", str(moment))
    expect_about("the guest's clock", guest_clock(guest), moment, 60)
    expect_about("domtime after --time", told_clock(guest), moment, 60)
    expect_about("the hardware clock", int(guest.run("cat /sys/class/rtc/rtc0/since_epoch")), moment, 60)
    guest.virsh("domtime", "--now")
    expect_about("the guest's clock after --now", guest_clock(guest), time.time(), 60)
    guest.run("date -s 2001-01-01")
    guest.virsh("domtime", "--sync")
    expect_about("the guest's clock after --sync", guest_clock(guest), time.time(), 60)


def password_opens(guest, password):
    """su asks for a password when it isn't root who calls."""
    return guest.shell.call(f"printf '%s\\n' '{password}' | setpriv --reuid 65534 --clear-groups su tester -c 'echo open'")[1] \
        .endswith("open")


@case("set-user-password")
def set_user_password(guest):
    guest.virsh("set-user-password", "tester", "Zw0lf Boxkämpfer")
    if not password_opens(guest, "Zw0lf Boxkämpfer"):
        raise Failure("the password that was set is refused")
    if password_opens(guest, "another"):
        raise Failure("any password does")
    encrypted = guest.run("getent shadow tester | cut -d : -f 2")
    guest.virsh("set-user-password", "tester", "second")
    if not password_opens(guest, "second") or password_opens(guest, "Zw0lf Boxkämpfer"):
        raise Failure("the second password did not take the place of the first")
    guest.virsh("set-user-password", "tester", encrypted, "--encrypted")
    expect("shadow", guest.run("getent shadow tester | cut -d : -f 2"), encrypted)
    if not password_opens(guest, "Zw0lf Boxkämpfer"):
        raise Failure("the password that was set encrypted is refused")
    guest.virsh_fails("set-user-password", "nobody-of-that-name", "x")


def vcpus(guest):
    return dict(re.findall(r"^(\w+)\s*: (\S*)$", guest.virsh("guestvcpus"), re.MULTILINE))


@case("guestvcpus")
def guestvcpus(guest):
    before = vcpus(guest)
    expect("processors", (before["vcpus"], before["online"]), ("0-1", "0-1"))
    expect_in("those that may be disabled", "1", before["offlinable"])
    guest.virsh("guestvcpus", "1", "--disable")
    expect("online in the guest", guest.run("cat /sys/devices/system/cpu/online"), "0")
    expect("online by virsh", vcpus(guest)["online"], "0")
    guest.virsh("guestvcpus", "1", "--enable")
    expect("online in the guest", guest.run("cat /sys/devices/system/cpu/online"), "0-1")
    guest.virsh("setvcpus", "1", "--guest")
    expect("online in the guest after setvcpus", guest.run("cat /sys/devices/system/cpu/online"), "0")
    guest.virsh("setvcpus", "2", "--guest")
    expect("online in the guest after setvcpus", guest.run("cat /sys/devices/system/cpu/online"), "0-1")


def key(number):
    return f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'ABCDEFGH'[number] * 43} key{number}@test"


@case("ssh keys")
def ssh_keys(guest):
    def change(*keys_and_flags):
        keys = [k for k in keys_and_flags if not k.startswith("--")]
        file = guest.folder / "keys"
        file.write_text("".join(f"{k}\n" for k in keys))
        guest.virsh("set-user-sshkeys", "tester", *(["--file", file] if keys else []),
                    *(f for f in keys_and_flags if f.startswith("--")))

    # Sorted, as the order says nothing; virsh 9.0 prints them without ends of lines.
    def told():
        return sorted(re.findall(r"ssh-ed25519 \S+ key\d@test", guest.virsh("get-user-sshkeys", "tester")))

    file = "/home/tester/.ssh/authorized_keys"
    change(key(1), key(2))
    expect("keys", told(), [key(1), key(2)])
    expect("the file", sorted(guest.run(f"cat {file}").splitlines()), [key(1), key(2)])
    expect("owner and mode", guest.run(f"stat -c '%U %G %a' /home/tester/.ssh {file}"), "tester tester 700\ntester tester 600")
    change(key(2), key(3))
    expect("keys after adding", told(), [key(1), key(2), key(3)])
    change(key(2), "--remove")
    expect("keys after removing", told(), [key(1), key(3)])
    change(key(4), "--reset")
    expect("keys after a reset", told(), [key(4)])
    expect_in("a user that isn't there", "nobody-of-that-name", guest.virsh_fails("get-user-sshkeys", "nobody-of-that-name"))
    guest.run("rm -r /home/tester/.ssh")


@case("domfstrim")
def domfstrim(guest):
    def allocated():
        return guest.disks()["vdb"].stat().st_blocks * 512

    size = 64 << 20
    empty = allocated()
    guest.run("head -c 64M /dev/urandom > /data/random; sync")
    full = allocated()
    if full < empty + size * 9 // 10:
        raise Failure(f"the disk should have grown by {size} from {empty}: {full}")
    guest.run("rm /data/random; sync")
    guest.virsh("domfstrim")
    if allocated() > full - size * 9 // 10:
        raise Failure(f"the host's disk holds {allocated()} bytes, {full} before the trim")


# --- freeze and snapshot ------------------------------------------------------------------------------------------------

@case("domfsfreeze, domfsthaw")
def freeze_and_thaw(guest):
    Writer(guest, "/data").must_go_through()
    expect("frozen", guest.frozen_by_virsh(), 2)
    expect("status", guest.ask("guest-fsfreeze-status"), "frozen")
    root, data = Writer(guest, "/"), Writer(guest, "/data")
    root.must_hang()
    data.must_hang()
    guest.virsh_fails("domfsfreeze")
    guest.virsh_fails("domhostname")
    expect("thawed", guest.thawed_by_virsh(), 2)
    root.must_go_through()
    data.must_go_through()
    expect("status", guest.ask("guest-fsfreeze-status"), "thawed")
    expect("thawed again", guest.thawed_by_virsh(), 0)


@case("domfsfreeze --mountpoint")
def freeze_one(guest):
    expect("frozen", guest.frozen_by_virsh("--mountpoint", "/data"), 1)
    Writer(guest, "/").must_go_through()
    data = Writer(guest, "/data")
    data.must_hang()
    expect("thawed", guest.thawed_by_virsh(), 1)
    data.must_go_through()


@case("snapshot-create-as --quiesce")
def snapshot(guest):
    # Not synced: only the freeze brings it to the disk. What comes after the snapshot must not be in it.
    word = f"before-{time.time_ns()}"
    guest.run(f"printf '%s' {word} > /data/before; sysctl -qw vm.dirty_writeback_centisecs=0")
    disks = guest.disks()
    guest.virsh("snapshot-create-as", "--name", "quiesced", "--disk-only", "--quiesce", "--atomic", "--no-metadata",
                "--diskspec", f"vda,snapshot=external,file={guest.folder}/root.snapshot{time.time_ns()}",
                "--diskspec", f"vdb,snapshot=external,file={guest.folder}/data.snapshot{time.time_ns()}")
    expect("status", guest.ask("guest-fsfreeze-status"), "thawed")
    Writer(guest, "/").must_go_through()
    Writer(guest, "/data").must_go_through()
    guest.run("touch /data/after && sync && sysctl -qw vm.dirty_writeback_centisecs=500")
    if set(guest.disks().values()) & set(disks.values()):
        raise Failure(f"the guest still writes to {disks}")

    content = guest.outside("qemu-img", "convert", "-U", "-O", "raw", disks["vdb"], guest.folder / "snapshot.img") or \
        guest.outside("debugfs", "-R", "cat /before", guest.folder / "snapshot.img")
    expect("what the snapshot has of a file that was not synced", content, word)
    expect_in("what the snapshot has of a file that came later", "File not found",
              guest.outside("debugfs", "-R", "stat /after", guest.folder / "snapshot.img"))
    features = guest.outside("dumpe2fs", "-h", guest.folder / "snapshot.img")
    if "needs_recovery" in features:
        raise Failure("the snapshot's journal would have to be replayed: it was not frozen")
    guest.outside("e2fsck", "-fn", guest.folder / "snapshot.img")
    (guest.folder / "snapshot.img").unlink()
    guest.run("rm /data/before /data/after")


@case("qga freezes has the interval of a snapshot", agent=OURS)
def freezes(guest):
    before = guest.run("date -u +%Y-%m-%dT%H:%M:%S")
    guest.virsh("snapshot-create-as", "--name", "recorded", "--disk-only", "--quiesce", "--atomic", "--no-metadata",
                "--diskspec", f"vda,snapshot=external,file={guest.folder}/root.snapshot{time.time_ns()}",
                "--diskspec", f"vdb,snapshot=external,file={guest.folder}/data.snapshot{time.time_ns()}")
    after = guest.run("date -u +%Y-%m-%dT%H:%M:%S")
    record = json.loads(guest.run("qga freezes --json | tail -n 1"))
    expect("verdict", (record["verdict"], record.get("reason")), ("consistent", None))
    expect("who has asked and who has ended it", (record["channel"], record["peer"], record["ended"]["by"]), ("virtio-serial", "virtio", "host"))
    since, until_ = record["interval"]["since"]["time"][:19], record["interval"]["until"]["time"][:19]
    if not before <= since <= until_ <= after:
        raise Failure(f"the interval is from {since} to {until_}, and the snapshot was taken between {before} and {after}")
    frozen = {each["mountpoint"] for each in record["filesystems"] if "frozen-at" in each}
    if not {"/", "/data"} <= frozen:
        raise Failure(f"only {frozen} were frozen")
    expect_in("qga status", "consistent", guest.run("qga status"))


# --- the host's tool ----------------------------------------------------------------------------------------------------

@case("qgactl ls, exec, cp")
def tool(guest):
    listed = json.loads(guest.qgactl("ls", "--json"))["guests"]
    expect("ls", [(each["guest"], each["frozen"]) for each in listed if each["running"]], [(guest.name, False)])
    expect("exec", guest.qgactl("exec", "-n", guest.name, "--", "cat", "/etc/hostname"), f"qga-{guest.release}\n")
    source, back = guest.folder / "source", guest.folder / "back"
    source.write_bytes(bytes(range(256)) * 2000)
    guest.qgactl("cp", source, f"{guest.name}:/data/copy")
    expect("what is in the guest", guest.run("stat -c %s /data/copy"), str(source.stat().st_size))
    guest.qgactl("cp", f"{guest.name}:/data/copy", back)
    expect("what came back", back.read_bytes() == source.read_bytes(), True)
    guest.run("rm /data/copy")


@case("qgactl freeze of two guests as a group", agent=OURS)
def group(guest):
    other = guest.sibling("b")
    members, copies = [guest, other], [guest.sibling("copy"), other.sibling("copy")]
    try:
        other.boot_fresh()
        other.need_agent(OURS)
        for member in members:
            member.run("cp -a /etc/qemu/qemu-ga.conf /root/ && sed -i 's/^#extensions=.*/extensions=true/' /etc/qemu/qemu-ga.conf && "
                       f"systemctl restart {UNIT}")
            member.wait_for_agent()
        disks = [member.disks() for member in members]
        with Markers(members) as markers:
            markers.must_go_on()
            report = json.loads(guest.qgactl(
                "freeze", "--json", "--freeze-limit", "200", "--limit", "200", "--thaw-limit", "200", guest.name, other.name, "--",
                "sh", "-ec", f"{guest.snapshot_command}; {other.snapshot_command}"))
            markers.must_go_on()
        expect("outcome", (report["outcome"], report["reason"]), ("consistent", None))
        expect("records", [each["evidence"]["verdict"] for each in report["guests"]], ["consistent"] * 2)
        expect("frozen and thawed", [(each["frozen"], each["thawed"]) for each in report["guests"]], [(2, 2)] * 2)
        print(f"          skew {report['skewMs']:.0f} ms, window {report['windowMs']:.0f} ms, all frozen for {report['allFrozen']['ms']:.0f} ms", flush=True)

        other.destroy()
        for copy, of in zip(copies, disks):
            copy.begin_copy(of, OURS)
        for copy in copies:
            copy.wait_for_boot()
        # In the order in which they were written: none is there without all before it, and no more than one is under way.
        found = [number for copy in copies for number in Markers.found_in(copy)]
        if sorted(found, reverse=True) != found or found[0] - found[-1] > 1:
            raise Failure(f"the copies were taken at different times: they have the markers up to {found}")
        if not 3 <= found[0] <= markers.written - 2:
            raise Failure(f"the copies have the markers up to {found}, and {markers.written} were written, some before the snapshot and some after it")
        print(f"          markers {found} of {markers.written}", flush=True)
    finally:
        for each in [other, *copies]:
            each.save_console(guest.folder / each.name)
            each.destroy()
    guest.run(f"mv /root/qemu-ga.conf /etc/qemu/qemu-ga.conf && rm {' '.join(Markers.PLACES)} && systemctl restart {UNIT}")
    guest.wait_for_agent()


# --- power --------------------------------------------------------------------------------------------------------------

@case("the backup profile, and what the audit says", agent=OURS)
def audit(guest):
    guest.run("ln -s /usr/share/qga/policy/backup.rules /etc/qemu/qga-policy.d/50-backup.rules && cp -a /etc/qemu/qemu-ga.conf /run/qemu-ga.conf && "
              f"sed -i 's/^#audit=.*/audit=journal,file,syslog/' /etc/qemu/qemu-ga.conf && systemctl restart {UNIT}")
    guest.wait_for_agent()
    expect("frozen", guest.frozen_by_virsh(), 2)
    expect("thawed", guest.thawed_by_virsh(), 2)
    guest.virsh_fails("set-user-password", "nobody", "secret-of-nobody")
    records = {}
    for line in guest.run("journalctl --no-pager --output json --boot QGA_KIND=request").splitlines():
        record = json.loads(line)
        records[record["QGA_COMMAND"]] = record
    freeze = records["guest-fsfreeze-freeze"]
    expect("result of the freeze", (freeze["QGA_RESULT"], freeze["QGA_CHANNEL"], freeze["QGA_PEER"]), ("ok", "virtio-serial", "virtio"))
    expect_in("rule of the freeze", "50-backup.rules:", freeze["QGA_RULE"])
    expect("result of the thaw", records["guest-fsfreeze-thaw"]["QGA_RESULT"], "ok")
    worth = json.loads(guest.run("journalctl --no-pager --output json --boot QGA_KIND=freeze | tail -n 1"))
    told = json.loads(guest.run("qga freezes --json | tail -n 1"))
    expect("the freeze's own record", (worth["QGA_FREEZE"], worth["QGA_VERDICT"], worth["QGA_ENDED_BY"], worth["QGA_UNTIL"]),
           (told["id"], "consistent", "host", told["interval"]["until"]["time"]))
    expect("the refusal", records["guest-set-user-password"]["QGA_DECISION"], "deny")
    expect_in("verification", "nothing was changed, removed or inserted", guest.run("qga audit --verify"))
    expect_in("what is printed", "guest-fsfreeze-freeze", guest.run("qga audit --command='guest-fsfreeze-*'"))
    expect("the password anywhere", guest.run("grep -l secret-of-nobody /var/log/qga/audit.jsonl || true"), "")
    expect_in("metrics", 'qga_freezes_total{ended_by="host",verdict="consistent"} 1', guest.run("qga metrics"))
    expect("mode of the directory", guest.run("stat -c %a /var/log/qga"), "700")
    guest.run(f"rm /etc/qemu/qga-policy.d/50-backup.rules && mv /run/qemu-ga.conf /etc/qemu/qemu-ga.conf && systemctl restart {UNIT}")
    guest.wait_for_agent()


@case("dompmsuspend mem, dompmwakeup")
def suspend(guest):
    boot = guest.run("cat /proc/sys/kernel/random/boot_id")
    guest.virsh("dompmsuspend", "mem")
    until("the domain sleeps", lambda: guest.virsh("domstate") == "pmsuspended")
    guest.virsh("dompmwakeup")
    until("the domain runs", lambda: guest.virsh("domstate") == "running")
    until("the agent answers", lambda: guest.virsh("domhostname") == f"qga-{guest.release}")
    expect("boot", guest.run("cat /proc/sys/kernel/random/boot_id"), boot)
    expect_in("what the kernel says", "suspend exit", guest.run("dmesg | grep 'PM: suspend'"))


@case("reboot --mode agent")
def reboot(guest):
    boot = guest.run("cat /proc/sys/kernel/random/boot_id")
    guest.virsh("reboot", "--mode", "agent")
    guest.wait_for_boot(other_than=boot)
    guest.wait_for_agent()


@case("shutdown --mode agent")
def shutdown(guest):
    guest.virsh("shutdown", "--mode", "agent")
    until("the domain is shut off", lambda: guest.virsh("domstate", "--reason") == "shut off (shutdown)")
    guest.is_up = False
    guest.close_shells()
    guest.start()
    guest.wait_for_agent()
    # A guest that was brought down in order has nothing to repair.
    log = guest.run("dmesg | grep -iE 'recovery|orphan' || true")
    if "recovery complete" in log or "recovery required" in log:
        raise Failure(f"filesystems had not been unmounted: {log}")


# --- clients that speak to the port themselves --------------------------------------------------------------------------

@case("a client like Proxmox VE's")
def proxmox(guest):
    executable = guest.run(f"readlink /proc/{guest.main_pid()}/exe")
    pid = guest.run(f"mkdir -p /run/raw; {executable} -m virtio-serial -p /dev/virtio-ports/qga.raw -t /run/raw "
                    "> /run/raw/log 2>&1 & echo $!")
    client = RawClient(guest.folder / "raw")
    expect("ping", client.ask("guest-ping"), {})
    expect("host name", client.ask("guest-get-host-name"), {"host-name": f"qga-{guest.release}"})
    expect("write", client.write("/data/file", b"\x00\xff\n" * 1000), {"count": 3000, "eof": False})
    expect("read", client.read("/data/file"), b"\x00\xff\n" * 1000)
    expect("program", client.run("/bin/sh", "-c", "cat; exit 3", feed=b"fed"), (3, b"fed"))
    expect("frozen", client.ask("guest-fsfreeze-freeze"), 2)
    # Another client's command waits behind nothing here: it is refused, in order.
    expect("status", client.ask("guest-fsfreeze-status"), "frozen")
    expect_in("refused while frozen", "error", client.answer("guest-get-host-name"))
    expect("thawed", client.ask("guest-fsfreeze-thaw"), 2)
    guest.run(f"kill {pid}; rm -r /data/file")
    until("that agent is gone", lambda: guest.agents() == [guest.main_pid()])


# --- what becomes of a guest whose agent has an accident ----------------------------------------------------------------

@case("killed while frozen", agent=OURS)
def killed_while_frozen(guest):
    former = guest.main_pid()
    frozen = guest.frozen_by_virsh()
    expect("frozen", frozen, 2)
    root, data = Writer(guest, "/"), Writer(guest, "/data")
    root.must_hang()
    data.must_hang()
    guest.run(f"kill -KILL {former}")
    guest.wait_for_other_agent(former)
    expect("status", guest.ask("guest-fsfreeze-status"), "frozen")
    root.must_hang()
    data.must_hang()
    expect("thawed", guest.thawed_by_virsh(), frozen)
    root.must_go_through()
    data.must_go_through()
    must_be_thawed(guest)


def must_be_thawed(guest):
    """Nothing of a freeze is left: filesystems, guardian, marker, status."""
    Writer(guest, "/").must_go_through()
    Writer(guest, "/data").must_go_through()
    until("the guardian is gone", lambda: guest.shell.call("pgrep -f qga-freeze-guardian")[0] == 1)
    expect("marker", guest.run("ls /run/qga.state.isfrozen 2>/dev/null || true"), "")


def upgrade_in_a_freeze(guest):
    """The next version of the package takes the freeze over, and thaws when the host says so."""
    former = guest.main_pid()
    expect("frozen", guest.frozen_by_virsh("--mountpoint", "/data"), 1)
    data = Writer(guest, "/data")
    data.must_hang()
    guest.install("qga-next")
    guest.wait_for_other_agent(former)
    expect_in("installed version", "+next", guest.run("dpkg-query -W -f '${Version}' $(dpkg -S /usr/sbin/qga | cut -d : -f 1)"))
    expect("status", guest.ask("guest-fsfreeze-status"), "frozen")
    data.must_hang()
    expect("thawed", guest.thawed_by_virsh(), 1)
    data.must_go_through()
    must_be_thawed(guest)
    expect("agents", guest.agents(), [guest.main_pid()])


class Drop:
    """Settings of the unit for one case; they go away with the next boot at the latest."""

    def __init__(self, guest, *settings):
        self._guest = guest
        self._settings = settings

    def __enter__(self):
        lines = "\\n".join(["[Service]", *self._settings])
        self._guest.run(f"mkdir -p /run/systemd/system/{UNIT}.service.d && "
                        f"printf '{lines}\\n' > /run/systemd/system/{UNIT}.service.d/case.conf && "
                        f"systemctl daemon-reload && systemctl restart {UNIT}")
        self._guest.wait_for_agent()

    def __exit__(self, failure, *_):
        if failure is None:
            self._guest.run(f"rm -r /run/systemd/system/{UNIT}.service.d && systemctl daemon-reload && systemctl restart {UNIT}")
            self._guest.wait_for_agent()


@case("watchdog", agent=OURS)
def watchdog(guest):
    expect("what the unit says", guest.property("Type"), "notify")
    expect_about("the unit's watchdog in s", int(guest.run(f"systemctl show --timestamp=unix -p WatchdogUSec {UNIT} "
                 "| sed 's/.*=//; s/1min$/60/; s/s$//'")), 60, 0)
    with Drop(guest, "WatchdogSec=15s"):
        former = guest.main_pid()
        # One that is well is let be.
        time.sleep(40)
        expect("the agent that was there", guest.main_pid(), former)
        guest.run(f"kill -STOP {former}")
        guest.wait_for_other_agent(former)
        expect_in("why", "watchdog", guest.run(f"journalctl --no-pager -b -u {UNIT} | grep -i watchdog | tail -n 3"))
        expect("host name", guest.virsh("domhostname"), f"qga-{guest.release}")


@case("watchdog while frozen", agent=OURS)
def watchdog_while_frozen(guest):
    with Drop(guest, "WatchdogSec=15s"):
        former = guest.main_pid()
        expect("frozen", guest.frozen_by_virsh(), 2)
        root, data = Writer(guest, "/"), Writer(guest, "/data")
        root.must_hang()
        # Frozen and well: the agent still feeds the watchdog.
        time.sleep(40)
        expect("the agent that was there", guest.main_pid(), former)
        guest.run(f"kill -STOP {former}")
        guest.wait_for_other_agent(former)
        expect("status", guest.ask("guest-fsfreeze-status"), "frozen")
        root.must_hang()
        data.must_hang()
        expect("thawed", guest.thawed_by_virsh(), 2)
        root.must_go_through()
        data.must_go_through()
        must_be_thawed(guest)


# --- the service manager ------------------------------------------------------------------------------------------------

@case("systemctl stop while frozen", agent=OURS)
def stop_while_frozen(guest):
    expect("frozen", guest.frozen_by_virsh(), 2)
    root, data = Writer(guest, "/"), Writer(guest, "/data")
    root.must_hang()
    data.must_hang()
    guest.run(f"systemctl stop {UNIT}")
    root.must_go_through()
    data.must_go_through()
    expect("agents", guest.agents(), [])
    expect("unit", guest.property("ActiveState"), "inactive")
    must_be_thawed(guest)
    guest.run(f"systemctl start {UNIT}")
    guest.wait_for_agent()
    expect("status", guest.ask("guest-fsfreeze-status"), "thawed")


@case("systemctl restart while frozen", agent=OURS)
def restart_while_frozen(guest):
    former = guest.main_pid()
    expect("frozen", guest.frozen_by_virsh(), 2)
    root, data = Writer(guest, "/"), Writer(guest, "/data")
    root.must_hang()
    data.must_hang()
    guest.run(f"systemctl restart {UNIT}")
    guest.wait_for_other_agent(former)
    expect("status", guest.ask("guest-fsfreeze-status"), "frozen")
    root.must_hang()
    data.must_hang()
    expect("thawed", guest.thawed_by_virsh(), 2)
    root.must_go_through()
    data.must_go_through()
    must_be_thawed(guest)


@case("restarted again and again", agent=OURS)
def restarted_again_and_again(guest):
    # What a configuration management does; the freeze outlives it all, and no guardian is left over.
    expect("frozen", guest.frozen_by_virsh("--mountpoint", "/data"), 1)
    data = Writer(guest, "/data")
    data.must_hang()
    for _ in range(3):
        former = guest.main_pid()
        guest.run(f"systemctl restart {UNIT}")
        guest.wait_for_other_agent(former)
    data.must_hang()
    expect("guardians", len(guest.run("pgrep -f qga-freeze-guardian").split()), 1)
    expect("thawed", guest.thawed_by_virsh(), 1)
    data.must_go_through()
    must_be_thawed(guest)


class Configuration:
    """/etc/qemu/qemu-ga.conf, which is again as it was when the case has passed."""

    def __init__(self, guest):
        self._guest = guest

    def __enter__(self):
        self._guest.run("cp -p /etc/qemu/qemu-ga.conf /run/qemu-ga.conf.kept")
        return self

    def write(self, text):
        self._guest.run(f"printf '%s' '{text}' > /etc/qemu/qemu-ga.conf")

    def __exit__(self, failure, *_):
        if failure is None:
            self._guest.run("cp -p /run/qemu-ga.conf.kept /etc/qemu/qemu-ga.conf")


@case("SIGHUP", agent=OURS)
def reload(guest):
    def blocked():
        return sorted(c["name"] for c in guest.ask("guest-info")["supported_commands"] if not c["enabled"])

    def journal():
        return guest.run(f"journalctl --no-pager -b -o cat --since '{begin}' -u {UNIT}")

    begin = guest.run("date '+%F %T'")
    pid = guest.main_pid()
    expect("blocked", blocked(), [])
    with Configuration(guest) as configuration:
        configuration.write("[general]\nblock-rpcs=guest-get-users,guest-get-osinfo\n")
        guest.run(f"systemctl reload {UNIT}")
        until("the list is taken", lambda: blocked() == ["guest-get-osinfo", "guest-get-users"])
        expect_in("a blocked command", "disabled", guest.virsh_fails("qemu-agent-command", '{"execute":"guest-get-users"}'))

        configuration.write("[general\nblock-rpcs=guest-get-host-name\n")
        guest.shell.call(f"systemctl reload {UNIT}")
        until("the broken file is named in the journal", lambda: "/etc/qemu/qemu-ga.conf" in journal())
        expect("blocked after a broken file", blocked(), ["guest-get-osinfo", "guest-get-users"])
        guest.ask("guest-get-host-name")

        # That is what Debian's package has; a file that is being written is empty, too, so a reload does not take it for one without lists.
        configuration.write("")
        guest.shell.call(f"systemctl reload {UNIT}")
        until("the empty file is named in the journal", lambda: "is empty: only a start takes that for its removal" in journal())
        expect("blocked after an empty file", blocked(), ["guest-get-osinfo", "guest-get-users"])

        configuration.write("[general]\nblock-rpcs=\n")
        guest.run(f"systemctl reload {UNIT}")
        until("the list is empty again", lambda: blocked() == [])
    expect("the agent that was there", guest.main_pid(), pid)
    until("the unit is up", lambda: guest.property("ActiveState") == "active")


@case("qga status, qga check, qga thaw", agent=OURS)
def status_check_and_thaw(guest):
    def told(command):
        status, output = guest.shell.call(f"qga {command} --json")
        expect(f"exit status of qga {command} --json", status, 0)
        return json.loads(output)

    status, output = guest.shell.call("qga check")
    if status != 0:
        raise Failure(f"qga check: exit status {status}: {output}")
    told("check")
    guest.run("qga status")
    guest.run("qga thaw")
    thawed = told("status")
    with Drop(guest, "Restart=no"):
        former = guest.main_pid()
        expect("frozen", guest.frozen_by_virsh(), 2)
        frozen = told("status")
        if thawed == frozen:
            raise Failure(f"the status is the same, frozen or not: {frozen}")
        expect_in("status while frozen", "frozen", guest.run("qga status"))
        data = Writer(guest, "/data")
        data.must_hang()

        # Nobody starts an agent any more: an administrator at the console thaws.
        guest.run(f"kill -KILL {former}")
        until("the agent is gone", lambda: guest.main_pid() == 0 and guest.property("ActiveState") == "failed")
        data.must_hang()
        guest.run("qga thaw")
        data.must_go_through()
        must_be_thawed(guest)
    expect("status", guest.ask("guest-fsfreeze-status"), "thawed")

    with Configuration(guest) as configuration:
        configuration.write("[general\n")
        status, output = guest.shell.call("qga check")
        expect("check of a broken file, exit status", status, 2)
        expect_in("check of a broken file", "/etc/qemu/qemu-ga.conf", output)


# --- the package --------------------------------------------------------------------------------------------------------

@case("upgrade while frozen", agent=OURS)
def upgrade_while_frozen(guest):
    upgrade_in_a_freeze(guest)


@case("removal and reinstallation", agent=OURS)
def removal(guest):
    name = guest.run("dpkg -S /usr/sbin/qga | cut -d : -f 1")
    expect("frozen", guest.frozen_by_virsh("--mountpoint", "/data"), 1)
    data = Writer(guest, "/data")
    data.must_hang()
    # A removal is a stop: it leaves nothing frozen.
    guest.run(f"DEBIAN_FRONTEND=noninteractive apt-get -y purge {name}", 600)
    data.must_go_through()
    must_be_thawed(guest)
    expect("agents", guest.agents(), [])
    expect("failed units", guest.run("systemctl --failed --quiet --no-legend"), "")
    expect("the unit", guest.property("LoadState"), "not-found")
    expect("files left", guest.run(f"ls -d /usr/sbin/qga /usr/lib/qga /run/qga/*.sock /run/systemd/system/{UNIT}* 2>/dev/null || true"), "")
    guest.install("qga")
    guest.wait_for_agent()
    expect("agents", guest.agents(), [guest.main_pid()])
    expect("host name", guest.virsh("domhostname"), f"qga-{guest.release}")
