"""Processes that share out a long piece of work, each with connections of its own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.pool import Pool

from django.db import connections


@contextmanager
def forked(processes: int = 0) -> Iterator[Pool]:
    """A pool of `processes` (0: one a core) that were forked before anything here is connected: none inherits a connection."""
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(processes or os.cpu_count() or 1) as pool:
        yield pool
