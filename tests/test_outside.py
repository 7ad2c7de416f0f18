"""Why a service gave no answer, in words a person can act on."""

import socket

import pytest

from hmm.outside import NoAnswerError, ask


def test_a_closed_port_and_an_unknown_name_are_told_without_class_names():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    told = {}
    for address in (closed, "http://feed.invalid/", "nonsense"):
        with pytest.raises(NoAnswerError) as failed:
            ask(address, total_s=5)
        told[address] = str(failed.value)

    assert told == {
        closed: "no connection could be made, or it broke off",
        "http://feed.invalid/": "its name is not known here",
        "nonsense": "its address cannot be used",
    }
