"""What every back end with a statistics API keeps, whatever its pool does."""

from typing import Any

import pytest

from pools.backends.base import Account, Backend, BackendError


class BackendContract:
    """Subclasses give `backend`, a started `simulator` fixture and `account`."""

    backend: Backend
    user = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    unknown_is_an_answer = True

    def account(self, simulator: Any, **changes: Any) -> Account:
        return Account(**{"user": self.user, "url": simulator.url, "pause_s": 0.0, **changes})

    def test_reads_our_account(self, simulator: Any) -> None:
        reading = self.backend.read(self.account(simulator))
        assert reading.account_known
        assert reading.hashrate_ths is not None
        assert 0.1 < reading.hashrate_ths < 100
        assert reading.workers_online
        assert reading.workers

    def test_an_unknown_wallet_is_a_good_answer(self, simulator: Any) -> None:
        if self.unknown_is_an_answer:
            reading = self.backend.read(self.account(simulator, user="1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"))
            assert reading.account_known is False
            assert reading.hashrate_ths is None

    @pytest.mark.parametrize(
        "fault", ["malformed", "empty", "html", "binary", "wrong_type", "redirect", "truncate", "vanish"]
    )
    def test_nonsense_is_an_error_of_ours_and_never_half_a_reading(self, simulator: Any, fault: str) -> None:
        simulator.set_fault(fault)
        with pytest.raises(BackendError):
            self.backend.read(self.account(simulator))

    @pytest.mark.parametrize(
        ("status", "code"), [(429, "unreachable"), (503, "unreachable"), (403, "refused"), (401, "refused")]
    )
    def test_a_refusal_tells_its_class(self, simulator: Any, status: int, code: str) -> None:
        simulator.set_fault("refuse")
        simulator.refuse_with = status
        with pytest.raises(BackendError) as caught:
            self.backend.read(self.account(simulator))
        assert caught.value.code == code

    def test_the_wallet_and_the_token_are_not_in_the_account_s_words(self, simulator: Any) -> None:
        assert self.user not in repr(self.account(simulator, token="secret"))
        assert "secret" not in repr(self.account(simulator, token="secret"))

    def test_a_guarded_address_on_this_computer_is_refused(self, simulator: Any, settings: Any) -> None:
        settings.HMM_DEVICE_NETWORKS = []
        with pytest.raises(BackendError) as caught:
            self.backend.read(self.account(simulator))
        assert caught.value.code == "refused"
        assert not simulator.requests
