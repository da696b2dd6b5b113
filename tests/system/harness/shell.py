"""The shell in the guest that the test looks through, whatever becomes of the agent."""

import base64
import socket
import time

from . import Failure


class Shell:
    """Speaks to `image/control` over a virtio port."""

    def __init__(self, path):
        self._path = path
        self._socket = None
        self._received = b""
        self._number = 0

    def close(self):
        if self._socket:
            self._socket.close()
        self._socket, self._received = None, b""

    def call(self, script, limit=120):
        """Runs a script: its exit status and its output."""
        self._number += 1
        number = str(self._number).encode()
        deadline = time.monotonic() + limit
        try:
            if not self._socket:
                self._socket = socket.socket(socket.AF_UNIX)
                self._socket.settimeout(limit)
                self._socket.connect(str(self._path))
                self._received = b""
            self._socket.settimeout(limit)
            self._socket.sendall(number + b" " + base64.b64encode(script.encode()) + b"\n")
            while True:
                line = self._take(lambda: self._received.find(b"\n") + 1, deadline).split()
                # What else comes is the rest of what an earlier boot or a script that was given up had to say.
                if len(line) == 3 and line[0] == number:
                    size = int(line[2])
                    output = self._take(lambda: size if len(self._received) >= size else 0, deadline) if size else b""
                    return int(line[1]), output.decode(errors="replace").rstrip("\n")
        except (OSError, EOFError) as error:
            # The next call begins with a connection of its own.
            self.close()
            raise Failure(f"the guest's shell: {error or type(error).__name__} (asked: {script.strip()[:200]})") from None

    def _take(self, length, deadline):
        while not length():
            self._socket.settimeout(max(0.1, deadline - time.monotonic()))
            more = self._socket.recv(65536)
            if not more:
                raise EOFError("the connection has ended")
            self._received += more
        taken, self._received = self._received[:length()], self._received[length():]
        return taken

    def run(self, script, limit=120):
        """Runs a script that has to succeed: its output."""
        status, output = self.call(script, limit)
        if status != 0:
            raise Failure(f"in the guest: exit status {status} of: {script.strip()[:300]}\n{output[-2000:]}")
        return output
