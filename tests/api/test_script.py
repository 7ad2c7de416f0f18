"""The sixteen calls a household's script makes, over HTTP, with and without a token, as scripts send them."""

import pytest
import requests

from hmm.accounts.services import create_token
from hmm.clock import now
from tests.strategy.conftest import house  # noqa: F401  # a fixture

STRATEGY = "/api/settings/price-band-strategy"
CALLS = [
    ("GET", STRATEGY, 200),
    ("POST", f"{STRATEGY}/execute", 202),
    ("POST", f"{STRATEGY}/enable", 200),
    ("POST", f"{STRATEGY}/disable", 200),
    ("GET", f"{STRATEGY}/bands", 200),
    ("PATCH", f"{STRATEGY}/bands/{{band}}", 200),
    ("POST", f"{STRATEGY}/bands/reset", 200),
    ("GET", "/api/miners", 200),
    ("GET", "/api/miners/{miner}", 200),
    ("PATCH", "/api/miners/{miner}", 200),
    ("POST", "/api/miners/bulk/enable", 202),
    ("POST", "/api/miners/bulk/disable", 202),
    ("POST", "/api/miners/bulk/restart", 202),
    ("GET", "/api/energy/current-price", 200),
    ("GET", "/api/energy/forecast", 200),
    ("POST", "/api/energy/update-prices", 202),
]
BAND_EDIT = {"target_coin": "BCH", "bitaxe_mode": "overclock", "avalon_nano_mode": "high"}


class Script:
    """Calls a running server; `token` may be missing."""

    def __init__(self, url, token):
        self.url = url
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method, path, **sent):
        return requests.request(
            method, self.url + path, headers=self.headers, timeout=60, allow_redirects=False, **sent
        )


@pytest.fixture
def script(live_server, house):  # noqa: F811
    _row, token = create_token(name="script", scope="control", actor="keeper", now=now())
    house.prices(9, 9, 25, 3)
    house.poll()
    return Script(live_server.url, token)


def body_of(path, miner):
    if "/bulk/" in path:
        return {"miner_ids": [miner]}
    return {"name": "Attic"} if path.startswith("/api/miners/") else BAND_EDIT


def test_a_script_makes_all_sixteen_calls(script):
    band = script("GET", f"{STRATEGY}/bands").json()[2]["id"]
    miner = script("GET", "/api/miners").json()[0]["id"]
    for method, path, status in CALLS:
        address = path.format(band=band, miner=miner)
        bodies = [{"json": body_of(address, miner)}] if method == "PATCH" or "/bulk/" in path else [{}, {"json": {}}]
        for sent in bodies if method != "GET" else [{}]:
            for end in ("", "/"):
                answer = script(method, address + end, **sent)
                assert answer.status_code == status, (method, address + end, sent, answer.text)
                assert answer.headers["Content-Type"].startswith("application/json")


def test_the_edit_of_a_band_takes_the_aliases(script):
    band = script("GET", f"{STRATEGY}/bands").json()[2]

    row = script("PATCH", f"{STRATEGY}/bands/{band['id']}", json=BAND_EDIT).json()

    assert (row["target_coin"], row["bitaxe_mode"], row["avalon_nano_mode"]) == ("BCH", "oc", "high")


def test_without_a_token_or_with_a_wrong_one_every_call_is_refused(script, house):  # noqa: F811
    for stranger in (Script(script.url, ""), Script(script.url, "nonsense")):
        for method, path, _status in CALLS:
            answer = stranger(method, path.format(band=1, miner=house.miner.pk))
            assert answer.status_code in {401, 429}, (method, path)
            assert set(answer.json()) == {"detail", "fields"}


def test_on_a_trusted_network_a_script_needs_no_token_and_a_foreign_page_is_refused(script, settings):
    settings.HMM_API_AUTH_ENABLED = False
    stranger = Script(script.url, "")

    assert stranger("POST", f"{STRATEGY}/disable").status_code == 200
    stranger.headers = {"Origin": "https://elsewhere.test"}
    assert stranger("POST", f"{STRATEGY}/enable").status_code == 401


BAND = {"id", "position", "floor_p_per_kwh", "ceiling_p_per_kwh", "target_coin", "champion_only", "effective_from"}
BAND |= {"bitaxe_mode", "nerdqaxe_mode", "avalon_nano_mode", "nmminer_mode"}


def test_the_answers_hold_what_is_documented_and_every_documented_body_is_taken(script):
    rows = script("GET", f"{STRATEGY}/bands").json()
    miner = script("GET", "/api/miners").json()[0]["id"]

    assert all(set(row) - {"active"} == BAND for row in rows)
    for name in BAND - {"id", "position", "floor_p_per_kwh", "effective_from"}:
        band = script("GET", f"{STRATEGY}/bands").json()[2]
        answer = script("PATCH", f"{STRATEGY}/bands/{band['id']}", json={name: band[name]})
        assert (answer.status_code, answer.json()[name]) == (200, band[name])
    for change in (
        {"name": "Attic"},
        {"enrolled": False},
        {"enabled": True},
        {"poll_interval_s": 60},
        {"notes": "x"},
    ):
        answer = script("PATCH", f"/api/miners/{miner}", json=change)
        assert answer.status_code == 200
        assert change.items() <= answer.json().items()
    for act, more in (("enable", {}), ("restart", {}), ("mode", {"mode": "eco"}), ("disable", {})):
        answer = script("POST", f"/api/miners/bulk/{act}", json={"miner_ids": [miner], **more})
        assert (answer.status_code, set(answer.json())) == (202, {"job_id", "miner_ids"})
        assert answer.json()["miner_ids"] == [miner]


def test_a_pending_edit_shows_what_is_in_force_beside_it(script):
    band = script("GET", f"{STRATEGY}/bands").json()[2]
    script("PATCH", f"{STRATEGY}/bands/{band['id']}", json={"target_coin": "BCH"})

    rows = script("GET", f"{STRATEGY}/bands").json()

    assert (rows[2]["target_coin"], rows[2]["active"]["target_coin"]) == ("BCH", band["target_coin"])
    assert rows[1]["active"] is None
