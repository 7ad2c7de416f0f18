import json
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from pools.addresses import is_address
from pools.backends.base import Account, BackendError, UnreachableError
from pools.backends.braiins import wire as braiins
from pools.backends.braiins.backend import Braiins
from pools.backends.braiins.simulator import TOKEN, BraiinsSimulator
from pools.backends.ckpool import wire as ckpool
from pools.backends.ckpool.backend import Ckpool
from pools.backends.ckpool.simulator import CkpoolSimulator
from pools.backends.public_pool import wire as public_pool
from pools.backends.public_pool.backend import PublicPool
from pools.backends.public_pool.simulator import PublicPoolSimulator
from pools.backends.solopool import wire as solopool
from pools.backends.solopool.backend import Solopool
from pools.backends.solopool.simulator import SolopoolSimulator
from pools.backends.stratum.probe import probe
from pools.backends.stratum.simulator import StratumSimulator
from pools.backends.values import document, moment, short
from pools.emission import subsidy
from tests.captures import captures
from tests.pools.contract import BackendContract


def sample(name: str) -> Any:
    return json.loads(captures("pools", name).read_bytes())


class TestSolopool(BackendContract):
    backend = Solopool()

    @pytest.fixture(params=["v1", "v2"])
    def simulator(self, request: Any) -> Iterator[SolopoolSimulator]:
        with SolopoolSimulator(generation=request.param) as simulator:
            yield simulator


class TestBraiins(BackendContract):
    backend = Braiins()
    unknown_is_an_answer = False

    @pytest.fixture
    def simulator(self) -> Iterator[BraiinsSimulator]:
        with BraiinsSimulator() as simulator:
            yield simulator

    def account(self, simulator: Any, **changes: Any) -> Account:
        return super().account(simulator, **{"token": TOKEN, **changes})

    def test_a_wrong_token_is_a_refusal_in_plain_text(self, simulator: Any) -> None:
        with pytest.raises(BackendError) as caught:
            self.backend.read(self.account(simulator, token="wrong"))
        assert caught.value.code == "refused"
        assert "token" in str(caught.value)

    def test_requests_come_one_after_the_other(self, simulator: Any) -> None:
        self.backend.read(self.account(simulator))
        assert simulator.max_parallel == 1

    def test_who_hurries_is_told_how_long_to_wait(self, simulator: Any) -> None:
        simulator.pause_s = 1000
        with pytest.raises(UnreachableError) as caught:
            self.backend.read(self.account(simulator))
        assert caught.value.retry_after_s == 60


class TestCkpool(BackendContract):
    backend = Ckpool()

    @pytest.fixture
    def simulator(self) -> Iterator[CkpoolSimulator]:
        with CkpoolSimulator() as simulator:
            yield simulator

    def test_a_local_folder_is_read_only_where_it_is_named(
        self, simulator: Any, tmp_path: Any, settings: Any
    ) -> None:
        (tmp_path / "pool").mkdir()
        (tmp_path / "pool" / "pool.status").write_text(simulator.status())
        account = Account(user=self.user, url=f"file://{tmp_path}")
        with pytest.raises(BackendError) as caught:
            self.backend.read(account)
        assert caught.value.code == "refused"
        settings.HMM_CKPOOL_FOLDER = str(tmp_path)
        assert self.backend.read(account).account_known is False


class TestPublicPool(BackendContract):
    backend = PublicPool()

    @pytest.fixture
    def simulator(self) -> Iterator[PublicPoolSimulator]:
        with PublicPoolSimulator() as simulator:
            yield simulator


def test_solopool_s_older_answers_are_read_to_the_last_digit() -> None:
    stats = sample("solopool_v1_stats_dgb_reconstructed.json")
    reading = solopool.account_v1(sample("solopool_v1_account_dgb_reconstructed.json"), stats, "DGB")
    assert reading.paid == Decimal("273.215615539")
    assert reading.network_difficulty == 430030207.2203099
    assert reading.effort_percent == pytest.approx(28.0677, rel=1e-4)
    assert (reading.hashrate_ths, reading.workers_online, reading.blocks_found) == (6.1, 1, 1)
    assert reading.last_share_at == moment(1766577890)


def test_amounts_that_do_not_fit_a_block_are_not_shown() -> None:
    account = sample("solopool_v1_account_dgb_reconstructed.json")
    account["payments"][0]["amount"] //= 10
    reading = solopool.account_v1(account, {}, "DGB")
    assert reading.paid is None
    assert reading.warnings
    assert solopool.account_v1(sample("solopool_v1_account_btc_reconstructed.json"), {}, "BTC").paid == Decimal(
        "3.16"
    )


def test_solopool_s_newer_answers_are_read() -> None:
    reading = solopool.account_v2(
        sample("solopool_v2_miner_reconstructed.json"), sample("solopool_v2_stats_reconstructed.json"), "BTC"
    )
    assert reading.best_share == 137427866914
    assert reading.blocks[0].reward == Decimal("3.0625")
    assert reading.blocks[0].height == 927800
    assert [worker.online for worker in reading.workers] == [True, False]


def test_only_our_own_blocks_count_and_an_orphan_lies_among_the_matured() -> None:
    row = {"height": 5, "hash": "aa", "miner": "Bitcoincash:QABC", "timestamp": 1790000000, "reward": "312500000"}
    listing = {
        "candidates": [row],
        "immature": None,
        "matured": [{**row, "orphan": True}, {**row, "miner": "other"}, 7],
    }
    found = solopool.blocks_of(listing, "BCH", "qabc")
    assert [(block.state, block.reward) for block in found] == [
        ("candidate", Decimal("3.125")),
        ("orphaned", Decimal("3.125")),
    ]


def test_braiins_rates_and_money_are_read() -> None:
    reading = braiins.reading(sample("braiins_profile_2026-07.json"), sample("braiins_workers_2026-07.json"))
    assert reading.hashrate_ths == pytest.approx(27.978)
    assert (reading.workers_online, reading.workers_offline) == (2, 1)
    assert (reading.unpaid, reading.earned) == (Decimal("0.01000000"), Decimal("0.15000000"))
    assert reading.last_share_at == moment(1542103204)


def test_ckpool_s_files_are_read_and_its_diff_is_the_effort() -> None:
    status = ckpool.status_of(captures("pools", "ckpool_pool.status_2025-12.txt").read_bytes())
    reading = ckpool.reading(status, document(captures("pools", "ckpool_user_2025-07.json").read_bytes()))
    assert (reading.effort_percent, reading.workers_online) == (0.24, 0)
    assert (reading.hashrate_ths, reading.best_share) == (0.0, 137427866914851)
    assert reading.hashrate_average_ths == pytest.approx(85.4)
    assert reading.pool_hashrate_ths == pytest.approx(1.79)


def test_public_pool_s_rates_may_be_text() -> None:
    client, now = sample("publicpool_client_2026-07.json"), moment("2026-07-31T12:45:00Z")
    assert now is not None
    reading = public_pool.reading(client, sample("publicpool_pool_2026-07.json"), {}, now)
    assert reading.hashrate_ths == pytest.approx(1.5880213743)
    assert (reading.best_share, reading.workers_online) == (4100000000, 2)


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("999", 999), ("1.48T", 1.48e12), ("1e+03G", 1e12), ("x", None)]
)
def test_ckpool_s_short_numbers(text: str, value: float | None) -> None:
    assert short(text) == value


@pytest.mark.parametrize(
    ("coin", "height", "coins"),
    [
        ("BTC", 840_000, "3.125"),
        ("BC2", 58_968, "50"),
        ("DGB", 1_430_000, "1078.5"),
        ("DGB", 10_540_400, "601.69097584"),
        ("DGB", 24_206_000, "250.72839494"),
        ("DGB", 24_556_400, "245.16336428"),
    ],
)
def test_subsidies(coin: str, height: int, coins: str) -> None:
    assert subsidy(coin, height) == Decimal(coins)


def test_addresses_are_checked_to_the_last_sign() -> None:
    vectors = sample("address_vectors.json")
    assert [row for row in vectors["valid"] if not is_address(row[0], row[1])] == []
    assert [row for row in vectors["invalid"] if is_address(row[0], row[1])] == []


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("none", "ok"),
        ("hang_up", "no_reply"),
        ("garbage", "bad_reply"),
        ("refuse", "bad_reply"),
        ("vanish", "tcp_refused"),
    ],
)
def test_a_look_at_a_stratum_port(fault: str, outcome: str) -> None:
    with StratumSimulator() as pool:
        pool.set_fault(fault)
        look = probe("127.0.0.1", pool.port)
        assert look.outcome == outcome
        assert (look.reply_ms is not None) is look.ok or outcome == "bad_reply"


def test_a_pool_that_stalls_is_given_up() -> None:
    with StratumSimulator() as pool:
        pool.set_fault("stall")
        assert probe("127.0.0.1", pool.port, total_s=0.5).outcome == "timeout"


def test_check_pool_prints_one_snapshot_and_fails_with_one_line() -> None:
    with SolopoolSimulator(generation="v1") as pool:
        out = StringIO()
        options = ["--backend", "solopool", "--url", pool.url, "--user", f"{pool.wallet}.rig", "--json"]
        call_command("check_pool", *options, stdout=out)
        answer = json.loads(out.getvalue())
        assert (answer["workers_online"], answer["paid"], answer["error"]) == (1, "3.16", None)
        assert answer["hashrate_ths"] == 1.203
        pool.set_fault("html")
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("check_pool", *options, stdout=out)
        assert json.loads(out.getvalue())["error"]["class"] == "bad_payload"
