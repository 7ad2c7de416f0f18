"""What changed, in words."""

from hmm.audit.words import Change, changes_of


def test_only_what_differs_is_told_each_with_its_unit():
    before = {"core_voltage_mv": 1150, "frequency_mhz": 400.0, "mode": "eco", "pool": {"host": "a", "port": 1}}
    after = {"core_voltage_mv": 1200, "frequency_mhz": 485.0, "mode": "eco", "pool": {"host": "b", "port": 1}}

    assert changes_of(before, after) == (
        Change("core voltage, mV", "1150", "1200"),
        Change("frequency, MHz", "400", "485"),
        Change("pool", "a:1", "b:1"),
    )


def test_a_single_change_needs_no_name():
    assert changes_of({"mode": "eco"}, {"mode": "standard"}) == (Change("", "eco", "standard"),)
    assert changes_of({"enrolled": False}, {"enrolled": True}) == (Change("enrolled", "off", "on"),)
    assert changes_of(None, {"enabled": True}) == (Change("", "", "enabled on"),)
    assert changes_of({"mode": "eco"}, None) == ()
    assert changes_of({"a": 1}, {"a": 1}) == ()


def test_what_is_new_is_told_by_its_first_parts_without_the_empty_ones():
    made = {"name": "Desk", "notes": "", "limits": None, "locked": False, "a": 1, "b": 2, "c": 3, "d": 4}

    assert changes_of(None, made) == (Change("", "", "name Desk, locked off, a 1, b 2, c 3 …"),)


def test_an_edit_of_bands_tells_which_band_and_what():
    before = [
        {"below": "5", "target": "BCH", "champion_only": False, "modes": {"bitaxe": "eco", "avalon_nano": "low"}},
        {"below": None, "target": "OFF", "champion_only": False, "modes": {}},
    ]
    after = [
        before[0] | {"below": "-2.5", "modes": {"bitaxe": "eco", "avalon_nano": "managed_externally"}},
        before[1] | {"target": "BTC_POOLED", "champion_only": True},
    ]

    assert changes_of(before, after) == (
        Change("band 1 below", "5", "-2.5"),
        Change("band 1 avalon nano mode", "low", "managed externally"),
        Change("band 2 target", "OFF", "BTC pooled"),
        Change("band 2 champion only", "off", "on"),
    )
    assert changes_of(before, before[:1]) == (Change("", "2 bands", "1 bands"),)
