"""A field that an address does not take is refused by its name: no wish is lost in silence."""

import pytest

from hmm.api import description
from miners.models import Miner
from strategy.services.bands import active_version
from tests.strategy.conftest import house  # noqa: F401  # a fixture


def with_bodies():
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                yield method, path


def test_every_address_names_the_field_it_does_not_take(admin, house):  # noqa: F811
    band = active_version().bands.first().pk
    asked = {}
    for method, path in with_bodies():
        ids = {"family": "bitaxe", "miner_id": house.miner.pk, "band_id": band, "tariff_id": house.tariff.pk}
        filled = path
        for part in [piece[1:-1] for piece in path.split("/") if piece.startswith("{")]:
            filled = filled.replace(f"{{{part}}}", str(ids.get(part, 1)))
        asked[f"{method} {path}"] = admin(method, filled, {"colour": "green"})

    assert len(asked) > 20
    assert {name for name, answer in asked.items() if answer.status_code != 422} == set()
    assert {name for name, answer in asked.items() if "colour" not in answer.json()["fields"]} == set()


def test_a_wish_that_a_miner_cannot_be_given_there_changes_nothing(control, house):  # noqa: F811
    path = f"/api/miners/{house.miner.pk}"

    answer = control("patch", path, {"name": "Attic", "mode": "eco", "poll_interval": 30})

    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == {"mode", "poll_interval"}
    assert "name, enrolled, enabled, poll_interval_s, notes" in answer.json()["fields"]["mode"]
    assert Miner.objects.get().name == house.miner.name


def test_what_is_described_is_taken(control, house):  # noqa: F811
    strategy = "/api/settings/price-band-strategy"
    band = control("get", f"{strategy}/bands").json()[1]
    miner = {"name": "Attic", "enrolled": True, "enabled": True, "poll_interval_s": 20, "notes": "up there"}

    assert control("patch", f"/api/miners/{house.miner.pk}", miner).status_code == 200
    assert control("patch", f"/api/miners/{house.miner.pk}", {}).status_code == 200
    changes = {"target_coin": "BCH", "bitaxe_mode": "overclock", "avalon_nano_mode": "high"}
    assert control("patch", f"{strategy}/bands/{band['id']}", changes).json()["bitaxe_mode"] == "oc"
    assert control("patch", f"{strategy}/bands/{band['id']}", {**band, "champion_only": True}).status_code == 200


@pytest.mark.parametrize("body", [None, {}])
def test_an_order_without_words_takes_an_empty_body(control, house, body):  # noqa: F811
    for order in ("execute", "enable", "disable", "bands/reset"):
        assert control("post", f"/api/settings/price-band-strategy/{order}", body).status_code < 300, order
