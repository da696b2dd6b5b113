"""A libvirtd of the test's own, and virsh that talks to it."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from . import Failure, Hopeless
from .waiting import until

# The socket and the log are to be seen from outside of the namespace.
LIBVIRTD_CONF = """
unix_sock_dir = "{scratch}/run"
auth_unix_rw = "none"
log_outputs = "2:file:{scratch}/log"
"""

# No service manager, no other user, nothing of the machine's: the namespaces around all of it are enough.
QEMU_CONF = """
user = "root"
group = "root"
dynamic_ownership = 0
security_driver = "none"
stdio_handler = "file"
cgroup_controllers = []
namespaces = []
"""

# All that libvirt writes to is empty and in memory, so that neither another one's nor what an earlier run left is found. libvirtd
# wants Debian's user for QEMU to be there before it reads that it shall use root. The shell stays as the first process of its
# namespace, since somebody has to wait for the QEMUs that libvirtd lets go.
INSIDE = """
set -e
for folder in /run /var/lib /var/cache /var/log; do mount -t tmpfs tmpfs $folder; done
for file in passwd group; do cp /etc/$file "$SCRATCH/$file"; done
echo libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin >> "$SCRATCH/passwd"
printf '%s\\n' kvm:x:64056: libvirt-qemu:x:64055: >> "$SCRATCH/group"
for name in passwd group libvirt; do mount --bind "$SCRATCH/$name" "/etc/$name"; done
libvirtd
exit $?
"""


class Libvirt:
    """libvirtd in namespaces of its own: its folders, its processes and its network are not the machine's. The kernel ends all of
    it, QEMUs and mounts included, when the first process of the namespace ends, and that one ends with this program."""

    def __init__(self, scratch: Path):
        self._scratch = scratch
        self._process = None
        self.uri = f"qemu+unix:///system?socket={scratch}/run/libvirt-sock"

    def start(self):
        for folder in ("libvirt", "run"):
            (self._scratch / folder).mkdir(parents=True)
        (self._scratch / "libvirt/libvirtd.conf").write_text(LIBVIRTD_CONF.format(scratch=self._scratch))
        (self._scratch / "libvirt/qemu.conf").write_text(QEMU_CONF)
        with open(self._scratch / "console", "wb") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc",
                 "--net", "--ipc", "--kill-child=KILL", "sh", "-c", INSIDE],
                env=dict(os.environ, SCRATCH=str(self._scratch)), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        try:
            until("libvirtd answers", self._answers)
        except Failure as failure:
            told = [file.read_text() for file in (self._scratch / "console", self._scratch / "log") if file.exists()]
            raise Failure(f"{failure}\n{''.join(told)}") from None

    def _answers(self):
        if self._process.poll() is not None:
            raise Hopeless("libvirtd has ended")
        return self.virsh("version")

    def stop(self):
        if self._process:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
            first = children.read_text().split() if children.exists() else []
            for child in first:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
            if not first:
                self._process.kill()
            self._process.wait()

    def call(self, *arguments, limit=300):
        """virsh: its exit status, its output and what it complains about."""
        # Quiet, tables have no heads; but these would say nothing at all, or have no ends of lines.
        quiet = [] if arguments[0] in ("domfsfreeze", "domfsthaw", "get-user-sshkeys") else ["--quiet"]
        try:
            done = subprocess.run(["virsh", *quiet, "--connect", self.uri, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            raise Failure(f"virsh {' '.join(map(str, arguments))}: no end within {limit} s") from None
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    def virsh(self, *arguments, limit=300):
        """virsh that has to succeed: its output."""
        status, output, complaint = self.call(*arguments, limit=limit)
        if status != 0:
            raise Failure(f"virsh {' '.join(map(str, arguments))}: exit status {status}: {complaint or output}")
        return output
