"""One Debian in one domain of libvirt."""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

from . import Failure, Hopeless
from .libvirt import Libvirt
from .shell import Shell
from .waiting import PATIENCE, until

UNIT = "qemu-guest-agent"
QGACTL = Path(__file__).resolve().parents[3] / "artifacts/publish-ctl/qgactl"
BOOT = 3 * PATIENCE

# The agent is one of these; the guardian of a freeze is not.
AGENTS = "qga|qemu-ga"


class Guest:
    """A domain with a root disk that lies over the image, a disk for /data, an agent port and a shell of the test's own."""

    def __init__(self, libvirt: Libvirt, release: str, image: Path, folder: Path, packages: dict[str, Path], name: str | None = None):
        self._libvirt = libvirt
        self._image = image
        self._folder = folder
        self._packages = packages
        self.release = release
        self.init = release.partition("-")[2] or "systemd"
        self.name = name or f"qga-{release}"
        self.is_up = False
        self.agent_is = None
        self.shell = Shell(folder / "control")
        self._spare = Shell(folder / "spare")

    # --- life -------------------------------------------------------------------------------------------------------

    def boot_fresh(self):
        """A boot from the image as it was built, with Debian's agent."""
        self._make_folder()
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", self._image / "root.img",
                        self._folder / "root.qcow2"], check=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as content:
            packages = Path(content, "packages")
            packages.mkdir()
            for name, package in self._packages.items():
                shutil.copy(package, packages / name)
            subprocess.run(["mkfs.ext4", "-q", "-L", "data", "-d", content, self._folder / "data.img", "512M"], check=True,
                           stdout=subprocess.DEVNULL)
        self._define()
        self.agent_is = "debian"
        self.start()

    def sibling(self, name):
        """Another domain of the same kind, which is not there yet."""
        return Guest(self._libvirt, self.release, self._image, self._folder.with_name(f"{self._folder.name}-{name}"), self._packages,
                     f"{self.name}-{name}")

    def begin_copy(self, disks, agent_is):
        """Begins a boot from what the disks of another guest hold, by target; those stay as they are."""
        self._make_folder()
        self.outside("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", disks["vda"], self._folder / "root.qcow2")
        self.outside("qemu-img", "convert", "-U", "-O", "raw", disks["vdb"], self._folder / "data.img")
        self._define()
        self.agent_is = agent_is
        self.virsh("start")

    def _make_folder(self):
        self.destroy()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    def _define(self):
        xml = Path(__file__).with_name("domain.xml").read_text()
        for key, value in {"name": self.name, "image": self._image, "folder": self._folder}.items():
            xml = xml.replace(f"@{key}@", str(value))
        (self._folder / "domain.xml").write_text(xml)
        self.virsh_on("define", self._folder / "domain.xml")

    def start(self):
        self.virsh("start")
        self.wait_for_boot()

    def wait_for_boot(self, other_than=None):
        """Until the guest has started all that it starts; of a guest that reboots, until it is another boot than the one named."""
        started = "systemctl is-system-running" if self.init == "systemd" else "test ! -e /run/booted || echo running"

        def booted():
            state = self.shell.call(f"cat /proc/sys/kernel/random/boot_id; {started}", limit=30)[1].split()
            if len(state) != 2 or state[0] == other_than or state[1] not in ("running", "degraded"):
                return False
            # systemd waits for neither of them; without it there is no address.
            if self.init != "systemd":
                return self.shell.call("mountpoint -q /data")[0] == 0
            return self.shell.call("mountpoint -q /data && ip -4 address show dev eth0 | grep -q 192.0.2.10")[0] == 0

        until(f"boot of {self.name}", booted, BOOT)
        self.is_up = True

    def destroy(self):
        self.close_shells()
        self.is_up = False
        if self.name in self._libvirt.virsh("list", "--all", "--name").split():
            self._libvirt.call("destroy", self.name)
            self._libvirt.call("undefine", self.name, "--snapshots-metadata")

    def close_shells(self):
        self.shell.close()
        self._spare.close()

    # --- the host's side --------------------------------------------------------------------------------------------

    def virsh_on(self, *arguments, limit=300):
        """A virsh command that is not about this domain."""
        return self._libvirt.virsh(*arguments, limit=limit)

    def virsh(self, command, *arguments, limit=300):
        """A virsh command on this domain that has to succeed: its output."""
        return self._libvirt.virsh(command, self.name, *arguments, limit=limit)

    def virsh_fails(self, command, *arguments, limit=300):
        """A virsh command on this domain that has to fail: its error."""
        status, output, complaint = self._libvirt.call(command, self.name, *arguments, limit=limit)
        if status == 0:
            raise Failure(f"virsh {command} {' '.join(arguments)}: should have failed, and said: {output}")
        return complaint

    def qgactl(self, verb, *arguments, limit=600):
        """A verb of the host's tool, for guests of the same libvirt, that has to succeed: what it prints."""
        try:
            done = subprocess.run([QGACTL, verb, "--connect", self._libvirt.uri, "--timeout", "100", *map(str, arguments)], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            raise Failure(f"qgactl {verb}: no end within {limit} s") from None
        if done.returncode != 0:
            raise Failure(f"qgactl {verb}: exit status {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    @property
    def snapshot_command(self):
        """One that has libvirt lay a new file over each disk; what was there holds the snapshot."""
        files = [f"--diskspec {target},snapshot=external,file={self._folder}/{target}.{time.time_ns()}" for target in ("vda", "vdb")]
        return f"virsh --connect '{self._libvirt.uri}' snapshot-create-as {self.name} group --disk-only --atomic --no-metadata {' '.join(files)}"

    def ask(self, command, **arguments):
        """Asks the agent, through libvirt, for any command: what it returns."""
        request = {"execute": command, **({"arguments": arguments} if arguments else {})}
        return json.loads(self.virsh("qemu-agent-command", "--timeout", "60", json.dumps(request)))["return"]

    def wait_for_agent(self):
        """Until libvirt sees that an agent has the port open, and the agent answers."""
        def connected():
            channels = ElementTree.fromstring(self.virsh("dumpxml")).findall("devices/channel/target")
            return any(c.get("name") == "org.qemu.guest_agent.0" and c.get("state") == "connected" for c in channels)

        until("libvirt sees an agent on the port", connected)
        until("the agent answers", lambda: self.ask("guest-ping") == {})

    def frozen_by_virsh(self, *arguments):
        """domfsfreeze: how many filesystems it froze."""
        return int(self.virsh("domfsfreeze", *arguments).split()[1])

    def thawed_by_virsh(self):
        """domfsthaw: how many filesystems it thawed."""
        return int(self.virsh("domfsthaw").split()[1])

    def disks(self):
        """The files that hold the disks now, by target."""
        return {target: Path(path) for target, path in (line.split() for line in self.virsh("domblklist").splitlines())}

    @property
    def folder(self):
        """Where the guest's disks are, and what a case makes beside them."""
        return self._folder

    @staticmethod
    def outside(*command):
        """A program on the host that has to succeed: what it prints."""
        done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                              env=dict(os.environ, PATH=f"{os.environ['PATH']}:/usr/sbin:/sbin"))
        if done.returncode != 0:
            raise Failure(f"{' '.join(map(str, command))}: exit status {done.returncode}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        return done.stdout + done.stderr.split("\n", 1)[-1]

    # --- the guest's side -------------------------------------------------------------------------------------------

    def run(self, script, limit=120):
        return self.shell.run(script, limit)

    def property(self, name, unit=UNIT):
        """What systemd says of the agent's unit."""
        return self.run(f"systemctl show -P {name} {unit}")

    def main_pid(self):
        """The agent that the guest's init system has started, or 0."""
        if self.init == "systemd":
            return int(self.property("MainPID"))
        return int(self.run("pid=$(cat /run/qemu-ga.pid 2> /dev/null) && test -e /proc/$pid/exe && echo $pid || echo 0"))

    def service(self, action, limit=240):
        """Has the guest's init system do something with the agent: the exit status."""
        return self.shell.call({"systemd": f"systemctl {action} {UNIT}", "openrc": f"rc-service {UNIT} {action}",
                                "sysvinit": f"service {UNIT} {action}"}[self.init], limit)[0]

    def agents(self):
        """The processes that are an agent."""
        return [int(pid) for pid in self.shell.call(f"pgrep -x '{AGENTS}'")[1].split()]

    def wait_for_other_agent(self, former):
        """Until the init system has started an agent that is not the former one, and libvirt reaches it."""
        def other():
            now = self.main_pid()
            return now not in (0, former) and now

        pid = until(f"another agent than process {former}", other)
        self.wait_for_agent()
        return pid

    def install(self, name, limit=600):
        """Installs a package that lies on the data disk, as an administrator would."""
        self.run(f"cp /data/packages/{name}.deb /root/ && DEBIAN_FRONTEND=noninteractive apt-get -y install /root/{name}.deb "
                 f"&& rm /root/{name}.deb", limit)

    def need_agent(self, which):
        """Sees to it that the guest has the agent that the next case wants, on whatever it had before."""
        if which == "debian" and self.agent_is != "debian":
            self.boot_fresh()
        elif which == "ours" and self.agent_is == "debian":
            self.install("qga")
            self.agent_is = "ours"
        elif which == "debian" and self.init != "systemd":
            # Its script starts nothing where udev was not done with the port by then.
            self.service("start")
        self.wait_for_agent()

    def diagnose(self, into: Path):
        """All that may tell what went wrong. By the spare shell: the other one may still be at what hangs."""
        into.mkdir(parents=True, exist_ok=True)
        for name, script in {
                "processes": "ps -eLo pid,ppid,tid,stat,wchan:32,comm,args",
                "kernel": "dmesg | tail -n 200; ls -la /run /run/qga",
                "unit": f"systemctl --no-pager status -l {UNIT}; systemctl --no-pager list-jobs; systemctl --no-pager --failed; "
                        f"systemctl cat {UNIT}",
                "journal": "journalctl --no-pager -b -n 2000 || tail -n 2000 /var/log/syslog /var/log/messages"}.items():
            try:
                (into / name).write_text(self._spare.call(script, limit=60)[1])
            except Failure as failure:
                (into / name).write_text(str(failure))
                break       # one that doesn't answer now won't for the others

    def save_console(self, into: Path):
        """What the kernel and systemd have said since the first boot of these disks."""
        into.mkdir(parents=True, exist_ok=True)
        if (self._folder / "console").exists():
            shutil.copy(self._folder / "console", into / "console")


class Writer:
    """A process in the guest that creates a file. It hangs in the kernel for as long as the file's filesystem is frozen."""

    _count = 0

    def __init__(self, guest: Guest, folder: str):
        Writer._count += 1
        self._guest = guest
        self._folder = folder
        self._mark = f"/run/writer.{Writer._count}"
        path = f"{folder.rstrip('/')}/written.{Writer._count}"
        # printf is the shell's own: it is this process that opens the file.
        self._pid = guest.run(f"sh -c 'printf x > {path} && sync {path} && rm {path} && touch {self._mark}' > /dev/null 2>&1 & echo $!")

    def is_through(self):
        return self._guest.shell.call(f"test -e {self._mark}")[0] == 0

    def must_hang(self):
        seen = []

        def hangs():
            if self.is_through():
                raise Hopeless(f"a write to {self._folder} went through, though that should be frozen")
            seen.append(self._guest.shell.call(f"sed 's/.*) //' /proc/{self._pid}/stat | cut -c 1")[1])
            return seen[-4:] == ["D"] * 4

        until(f"a write to {self._folder} hangs", hangs)

    def must_go_through(self):
        until(f"a write to {self._folder} goes through", self.is_through)


class Markers:
    """Numbers that are written to guests in turn, to both filesystems of each, and a number only when the one before it was written everywhere."""

    PLACES = ("/root/markers", "/data/markers")

    def __init__(self, guests: list[Guest]):
        self._guests = guests
        self._thread = threading.Thread(target=self._write)
        self._is_over = False
        self._failure = None
        self.written = 0

    def __enter__(self):
        for guest in self._guests:
            guest.run(f"rm -f {' '.join(self.PLACES)}")
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over = True
        self._thread.join()
        if self._failure:
            raise self._failure

    def must_go_on(self):
        """Waits for three more."""
        before = self.written

        def more():
            if self._failure:
                raise Hopeless(str(self._failure))
            return self.written >= before + 3

        until("markers are written", more, pause=0.05)

    def _write(self):
        try:
            while not self._is_over:
                for guest in self._guests:
                    # It waits in the kernel as long as the guest is frozen.
                    guest.run(" && ".join(f"echo {self.written + 1} >> {place}" for place in self.PLACES), limit=600)
                self.written += 1
        except Failure as failure:
            self._failure = failure

    @classmethod
    def found_in(cls, guest):
        """The last number at each place of a guest; all before must be there, too."""
        found = []
        for place in cls.PLACES:
            numbers = guest.run(f"cat {place}").split()
            if numbers != [str(number + 1) for number in range(len(numbers))]:
                raise Failure(f"{guest.name}: {place} has {numbers}")
            found.append(len(numbers))
        return found
