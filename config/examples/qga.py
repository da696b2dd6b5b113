#!/usr/bin/env python3
"""Talks to a guest's agent over the unix socket at the host's end of its port. Needs Python's own library alone.

    qga.py SOCKET ping
    qga.py SOCKET call guest-get-fsinfo ['{"name": "value"}']
    qga.py SOCKET cat PATH
    qga.py SOCKET exec PROGRAM [ARGUMENT...]
    qga.py SOCKET snapshot COMMAND [ARGUMENT...]     freezes the guest, runs COMMAND on the host, thaws the guest
"""
import base64
import contextlib
import json
import secrets
import signal
import socket
import subprocess
import sys
import time


class AgentError(Exception):
    """The agent has refused or failed to do what it was asked for."""


class NoAnswer(Exception):
    """There is no agent, or it did not answer in time."""


class Agent:
    def __init__(self, path, timeout=10):
        self._timeout = timeout
        self._unread = b""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(path)
            self.sync()
        except OSError as failure:
            self._socket.close()
            raise NoAnswer(f"{path}: {failure}") from failure
        except NoAnswer:
            self._socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def sync(self):
        """Leaves behind what the stream may still hold: half a request of an earlier client, answers that nobody has read."""
        number = secrets.randbelow(1 << 53)
        deadline = time.monotonic() + self._timeout
        self._send(b"\xff", {"execute": "guest-sync-delimited", "arguments": {"id": number}})
        while True:
            # Every 0xFF begins anew; what is before it isn't for us, whole lines or not.
            line = self._line(deadline)
            _, sentinel, answer = line.rpartition(b"\xff")
            if sentinel and json.loads(answer).get("return") == number:
                return

    def call(self, command, timeout=None, **arguments):
        """Returns what the command returns. The names of arguments have _ for -."""
        deadline = time.monotonic() + (timeout or self._timeout)
        arguments = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._send(b"", {"execute": command, "arguments": arguments})
        answer = json.loads(self._line(deadline))
        if "error" in answer:
            raise AgentError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def read_file(self, path):
        """Yields the content in blocks."""
        handle = self.call("guest-file-open", path=path)
        try:
            while True:
                block = self.call("guest-file-read", handle=handle, count=1_000_000)
                yield base64.b64decode(block["buf-b64"])
                if block["eof"]:
                    return
        finally:
            self.call("guest-file-close", handle=handle)

    def run(self, program, *arguments, limit=60):
        """Runs a program to its end; returns exit code (128 and the signal for one that was killed), output and errors."""
        pid = self.call("guest-exec", path=program, arg=list(arguments), capture_output=True)["pid"]
        deadline = time.monotonic() + limit
        while not (status := self.call("guest-exec-status", pid=pid))["exited"]:
            if time.monotonic() > deadline:
                raise NoAnswer(f"{program} still runs in the guest after {limit} s, as process {pid}")
            time.sleep(0.1)
        code = status.get("exitcode", 128 + status.get("signal", 0))
        return code, *(base64.b64decode(status.get(name, "")) for name in ("out-data", "err-data"))

    def _send(self, prefix, request):
        try:
            self._socket.settimeout(self._timeout)
            self._socket.sendall(prefix + json.dumps(request).encode() + b"\n")
        except OSError as failure:
            raise NoAnswer(f"the request can't be sent: {failure}") from failure

    def _line(self, deadline):
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NoAnswer("no answer in time")
            self._socket.settimeout(left)
            try:
                block = self._socket.recv(1 << 16)
            except OSError as failure:
                raise NoAnswer(f"no answer: {failure}") from failure
            if not block:
                raise NoAnswer("the channel was closed")
            self._unread += block
        line, _, self._unread = self._unread.partition(b"\n")
        return line


@contextlib.contextmanager
def frozen(path, timeout=120):
    """Keeps the guest frozen for the time of a with block, and thaws it whatever happens."""
    agent = Agent(path)     # nothing is frozen if this fails
    try:
        with agent:         # no longer than this: QEMU serves one client at a time
            count = agent.call("guest-fsfreeze-freeze", timeout=timeout)
        yield count
    finally:
        # A freeze that gave no answer may have happened as well.
        thawed = thaw(path)
    if thawed == 0 and count != 0:
        raise NoAnswer(f"{path}: the guest was thawed before this was done: take the snapshot again")


def thaw(path):
    """Returns how many filesystems were thawed. A guest that stays frozen is the worst that can happen, so nothing interrupts this."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        for pause in (0, 1, 2, 5, 10):
            time.sleep(pause)
            with contextlib.suppress(NoAnswer, AgentError), Agent(path) as agent:
                return agent.call("guest-fsfreeze-thaw", timeout=60)
        raise NoAnswer(f"{path}: the guest may still be frozen: thaw it by hand")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def main(path, action, *arguments):
    # An end by a signal runs what is in "finally", too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))

    if action == "snapshot" and arguments:
        with frozen(path):
            return subprocess.call(arguments)
    with Agent(path) as agent:
        if action == "ping" and not arguments:
            agent.call("guest-ping")
        elif action == "call" and 1 <= len(arguments) <= 2:
            print(json.dumps(agent.call(arguments[0], **json.loads(arguments[1] if arguments[1:] else "{}")), indent=2))
        elif action == "cat" and len(arguments) == 1:
            for block in agent.read_file(arguments[0]):
                sys.stdout.buffer.write(block)
        elif action == "exec" and arguments:
            code, output, errors = agent.run(*arguments)
            sys.stdout.buffer.write(output)
            sys.stderr.buffer.write(errors)
            return code
        else:
            sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except (AgentError, NoAnswer) as failure:
        print(failure, file=sys.stderr)
        sys.exit(1 if isinstance(failure, AgentError) else 2)
