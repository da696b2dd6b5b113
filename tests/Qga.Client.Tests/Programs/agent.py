"""One request to an agent on a unix socket, as libvirt and Proxmox VE send it."""
import json
import socket
import time


class NoAnswer(Exception):
    pass


def ask(path, request, timeout):
    """Gives the answer, with what is not ASCII as it came."""
    deadline = time.monotonic() + timeout
    with socket.socket(socket.AF_UNIX) as stream:
        try:
            stream.connect(path)
            number = time.time_ns() // 1000
            sync = json.dumps({"execute": "guest-sync-delimited", "arguments": {"id": number}})
            stream.sendall(b"\xff" + sync.encode() + b"\n" + json.dumps(request).encode() + b"\n")
        except OSError as failure:
            raise NoAnswer("not connected") from failure
        received = b""
        while True:
            lines = received.rpartition(b"\xff")[2].split(b"\n")
            if b"\xff" in received and len(lines) > 2:
                return json.loads(lines[1])
            left = deadline - time.monotonic()
            silence = "timed out" if b"\xff" in received else "not in sync"
            if left <= 0:
                raise NoAnswer(silence)
            stream.settimeout(left)
            try:
                block = stream.recv(1 << 20)
            except TimeoutError as failure:
                raise NoAnswer(silence) from failure
            if not block:
                raise NoAnswer("disappeared")
            received += block
