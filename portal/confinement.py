"""A process gives up what the data it is about to look at could make it misuse (battery W05)."""

import os
import resource
from contextlib import suppress


def give_up(*, memory: int, seconds: int, output: int) -> None:
    """Beyond `memory` and `output` bytes and `seconds` of CPU it ends; it opens no file and no connection
    any more. What it needs has to be imported by now."""
    os.nice(5)
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: output,
        resource.RLIMIT_CORE: 0,
        # Standard input, output and error: there is no number left for anything else.
        resource.RLIMIT_NOFILE: 3,
    }
    for limit, value in limits.items():
        # Systems other than Linux do not know all of them.
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
