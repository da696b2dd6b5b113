"""A client that has the agent's port for itself, and speaks as Proxmox VE does."""

import base64
import json
import os
import socket

from . import Failure
from .waiting import until


class RawClient:
    """A connection for each command: sync and command in one go, no leading 0xFF, closed after the answer."""

    def __init__(self, path):
        self._path = str(path)
        self._sequence = 0

    def answer(self, command, **arguments):
        """What comes after the sync's own answer."""
        self._sequence += 1
        number = int(f"{os.getpid()}0{self._sequence}")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(120)
            connection.connect(self._path)
            connection.sendall(b"".join(json.dumps(request).encode() + b"\n" for request in (
                {"execute": "guest-sync-delimited", "arguments": {"id": number}}, {"execute": command, "arguments": arguments})))
            received = b""
            while True:
                # What an earlier client left is skipped: the last 0xFF counts.
                lines = received[received.rfind(b"\xff") + 1:].split(b"\n") if b"\xff" in received else []
                if len(lines) > 2:
                    sync, answer, rest = lines[0], lines[1], lines[2:]
                    if json.loads(sync) != {"return": number} or rest != [b""]:
                        raise Failure(f"{command}: not two lines after 0xFF: {received!r}")
                    return json.loads(answer)
                more = connection.recv(65536)
                if not more:
                    raise Failure(f"{command}: the port was closed after {received!r}")
                received += more

    def ask(self, command, **arguments):
        answer = self.answer(command, **arguments)
        if "return" not in answer:
            raise Failure(f"{command}: {answer}")
        return answer["return"]

    def write(self, path, content):
        """In base64 with line breaks, as Proxmox VE sends it."""
        handle = self.ask("guest-file-open", path=path, mode="wb")
        written = self.ask("guest-file-write", **{"handle": handle, "buf-b64": base64.encodebytes(content).decode()})
        self.ask("guest-file-close", handle=handle)
        return written

    def read(self, path):
        handle = self.ask("guest-file-open", path=path, mode="r")
        content, at_end = b"", False
        while not at_end:
            block = self.ask("guest-file-read", handle=handle, count=1048576)
            content += base64.b64decode(block["buf-b64"])
            at_end = block["eof"]
        self.ask("guest-file-close", handle=handle)
        return content

    def run(self, path, *arguments, feed=b""):
        """A program's exit code and output."""
        pid = self.ask("guest-exec", **{"path": path, "arg": arguments, "capture-output": True,
                                        "input-data": base64.encodebytes(feed).decode()})["pid"]
        status = until(f"{path} ends", lambda: (s := self.ask("guest-exec-status", pid=pid))["exited"] and s)
        return status["exitcode"], base64.b64decode(status.get("out-data", ""))
