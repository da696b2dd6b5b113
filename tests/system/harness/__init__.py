"""The system test: a real Debian, driven by a real libvirt. See README.md."""


class Failure(Exception):
    """A case has failed, and this is why."""


class Hopeless(Failure):
    """A failure that looking again would not mend."""
