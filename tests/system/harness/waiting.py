"""Waiting by looking again, never by sleeping for what should suffice: an emulated guest takes its time."""

import time

from . import Failure, Hopeless

# What a guest on a busy machine may take for one thing; a boot takes several of them.
PATIENCE = 180


def until(what, look, limit=PATIENCE, pause=0.5):
    """Looks until there is something to see, and returns it. What is seen last is part of the failure."""
    deadline = time.monotonic() + limit
    while True:
        seen, detail = None, ""
        try:
            seen = look()
        except Hopeless:
            raise
        except Failure as failure:
            detail = f": {failure}"
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {limit} s{detail}")
        time.sleep(pause)
