import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from pools.addresses import is_address
from pools.backends.base import Account, BackendError, PayloadError, UnreachableError
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

    def test_days_and_payments_are_told(self, simulator: Any) -> None:
        told = self.backend.earnings(self.account(simulator), since=date(2026, 8, 30), until=date(2026, 11, 28))

        assert len(told.rewards) == 14
        assert told.rewards[0].total == Decimal("0.00000677")
        assert [(row.way, row.status, row.amount) for row in told.payouts] == [
            ("onchain", "confirmed", Decimal("0.0005")),
            ("onchain", "queued", Decimal("0.00021")),
        ]
        assert any("from=2026-08-30&to=2026-11-28" in path for _at, _method, path, _body in simulator.requests)

    @pytest.mark.parametrize("fault", ["malformed", "html", "wrong_type", "truncate", "vanish"])
    def test_nonsense_is_no_half_of_the_earnings(self, simulator: Any, fault: str) -> None:
        simulator.set_fault(fault)
        with pytest.raises(BackendError):
            self.backend.earnings(self.account(simulator), since=date(2026, 8, 30), until=date(2026, 11, 28))

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


def test_captured_payouts_of_braiins_are_exact_and_one_bad_row_loses_no_other():
    answer = sample("braiins_payouts_2026-07.json")
    answer["onchain"].insert(0, {"status": "confirmed", "amount_sats": "many"})

    found = braiins.payouts(answer)

    assert [(row.way, row.status, row.amount, row.fee) for row in found] == [
        ("onchain", "confirmed", Decimal("0.0005"), Decimal("0.00001")),
        ("onchain", "queued", Decimal("0.001"), Decimal(0)),
        ("lightning", "confirmed", Decimal("0.00441348"), Decimal(0)),
    ]
    assert found[1].transaction == ""
    assert found[0].resolved_at == datetime.fromtimestamp(1_721_999_584, UTC)


def test_captured_rewards_of_braiins_are_those_of_the_day():
    found = braiins.rewards(sample("braiins_rewards_docshape.json"))

    assert [(row.day, row.total, row.mining, row.shares) for row in found] == [
        (date(2024, 12, 2), Decimal("0.00061081"), Decimal("0.00048119"), 42)
    ]


@pytest.mark.parametrize("answer", [{}, {"btc": {}}, {"btc": {"daily_rewards": "none"}}, {"onchain": "x"}])
def test_what_is_no_list_of_earnings_is_an_error(answer: Any):
    with pytest.raises(PayloadError):
        braiins.rewards(answer)
    with pytest.raises(PayloadError):
        braiins.payouts(answer)
