import pytest

from hmm.live.consumers import is_own_origin


@pytest.mark.parametrize(
    ("origin", "host", "is_ours"),
    [
        ("http://192.168.1.5:8080", "192.168.1.5:8080", True),
        ("https://HMM.local", "hmm.local", True),
        ("http://evil.example", "192.168.1.5:8080", False),
        ("http://192.168.1.5:8081", "192.168.1.5:8080", False),
        ("http://192.168.1.5:8080@evil.example", "192.168.1.5:8080", False),
        ("null", "192.168.1.5:8080", False),
        ("", "192.168.1.5:8080", False),
        ("http://", "", False),
    ],
)
def test_only_a_page_of_this_very_address_may_listen(origin, host, is_ours):
    assert is_own_origin({b"origin": origin.encode(), b"host": host.encode()}) == is_ours
