"""fork for tests whose child does one thing and leaves by os._exit."""

import os
import warnings


def fork() -> int:
    """Python 3.12 warns of threads; the test runner's do not matter to a child that runs none of its code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()
