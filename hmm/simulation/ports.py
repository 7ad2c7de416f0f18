"""A port that stays a simulator's own while it plays dead."""

import socket


class HeldPort:
    """Takes a port without listening at it: whoever connects is refused, and no other program is given it.

    A device keeps its address while it is without current. Here all devices share one address, so another
    simulator, also one of another process, could be given the free port and would answer in its place.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def hold(self, host: str, port: int) -> None:
        """Take the port. Raise OSError when it is somebody else's already."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a moment ago linger
        self._socket.bind((host, port))

    def let_go(self) -> None:
        held, self._socket = self._socket, None
        if held is not None:
            held.close()
