"""The command line: one file a command, found by its name; a file may `add(parser)` its options and `run(args) -> int`.

Exit codes: 0 done, 1 refused or wrong input, 2 usage, or a value that an option cannot take. `hidden = True` in a file keeps its command out of the list.
"""

from __future__ import annotations


class Stop(Exception):
    """What the user asked for cannot be done; the message says what to do. Ends the command with exit code 1."""
