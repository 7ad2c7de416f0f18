"""Where the lines of all processes meet."""

import sys
from typing import TextIO

WIDTH = 9


class Console:
    """Writes whole lines, each with the name of its process; a closed terminal stops nothing."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream: TextIO | None = stream or sys.stdout

    def line(self, name: str, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(f"{name:<{WIDTH}} | {text}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None
