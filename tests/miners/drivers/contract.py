"""What every hardware family promises. A family's tests derive from it and give a simulator that answers."""

import json
from dataclasses import asdict
from io import StringIO

import pytest
from django.core.management import call_command

from miners.drivers.base import (
    DeviceState,
    DriverError,
    NotAMinerError,
    PayloadError,
    RefusedError,
    Trust,
    UnreachableError,
    UnsafeSettingError,
)
from miners.drivers.registry import FAMILIES, FAMILY_LABELS, FAMILY_MODES, driver_for, family_choices, recognise

HTTP_FAULTS = {
    "truncate": PayloadError,
    "empty": PayloadError,
    "malformed": PayloadError,
    "wrong_type": PayloadError,
    "binary": PayloadError,
    "html": NotAMinerError,
    "redirect": NotAMinerError,
    "vanish": UnreachableError,
}
HTTP_STATUSES = {401: RefusedError, 400: RefusedError, 404: NotAMinerError, 500: RefusedError, 503: RefusedError}


class FamilyContract:
    """Give `kind` and the fixture `device`: a started simulator of a board that hashes, with an `address`."""

    kind: str
    faults: dict[str, type[DriverError]] = HTTP_FAULTS
    statuses: dict[int, type[DriverError]] = HTTP_STATUSES

    def driver(self, device):
        return driver_for(self.kind, device.address.host, device.address.port)

    def test_it_is_in_the_list_under_its_own_name(self):
        family = FAMILIES[self.kind]
        assert (self.kind, family.label) in family_choices()
        assert family.kind == self.kind
        assert self.kind in FAMILY_MODES
        assert FAMILY_LABELS[self.kind]
        assert family.start_time_s > 0

    def test_a_reading_is_whole_and_in_our_units(self, device):
        reading = self.driver(device).read()

        assert (reading.family, reading.state, reading.trust) == (self.kind, DeviceState.HASHING, Trust.FULL)
        assert reading.model
        assert reading.firmware
        assert reading.hashrate_ths > 0
        assert reading.uptime_s > 0
        assert reading.pools
        assert all(pool.host and "://" not in pool.host and pool.port for pool in reading.pools)
        assert reading.mac is None or (len(reading.mac) == 12 and reading.mac == reading.mac.lower())

    def test_it_is_recognised_whatever_family_is_asked_first(self, device):
        assert recognise(device.address.host, device.address.port).family == self.kind

    def test_the_others_say_it_is_none_of_theirs(self, device):
        for kind in set(FAMILIES) - {self.kind}:
            with pytest.raises(DriverError):
                driver_for(kind, device.address.host, device.address.port).read()

    def test_every_fault_has_its_error_and_leaves_no_half_reading(self, device):
        for fault, error in self.faults.items():
            device.set_fault(fault)
            with pytest.raises(error) as caught:
                self.driver(device).read()
            assert str(caught.value).strip().endswith((".", "?")), fault
            device.set_fault("none")

        assert self.driver(device).read().state is DeviceState.HASHING

    def test_every_status_has_its_error(self, device):
        for status, error in self.statuses.items():
            device.refuse_with = status
            device.set_fault("refuse")
            with pytest.raises(error) as caught:
                self.driver(device).read()
            assert error is NotAMinerError or str(status) in str(caught.value)

    def test_what_fails_for_one_family_fails_the_same_when_all_are_asked(self, device):
        for fault in ("vanish", "html", "truncate"):
            if fault not in self.faults:
                continue
            device.set_fault(fault)
            with pytest.raises(DriverError) as caught:
                recognise(device.address.host, device.address.port)
            assert caught.value.code == self.faults[fault].code
            device.set_fault("none")

    def test_the_board_has_presets_inside_its_limits_for_its_modes(self, device):
        driver = self.driver(device)
        if not hasattr(driver, "set_tuning"):
            return
        board = driver.board(driver.read())
        assert set(board.presets) <= set(FAMILY_MODES[self.kind])
        assert "oc" not in board.presets
        for preset in board.presets.values():
            assert board.limits.allow(preset)
            driver.set_tuning(preset, board=board)
        assert driver.read(board=board).mode == list(board.presets)[-1]

    def test_a_reading_of_a_board_that_is_not_known_is_never_tuned(self, device):
        driver = self.driver(device)
        if not hasattr(driver, "set_tuning"):
            return
        board = driver.board(driver.read())
        before = len(device.requests)
        nothing = type(board)(**{**fields_of(board), "limits": None, "oc_limits": None})
        with pytest.raises(UnsafeSettingError):
            driver.set_tuning(board.presets["standard"], board=nothing)
        assert len(device.requests) == before

    def test_probe_prints_the_reading_as_one_document(self, device):
        out = StringIO()

        call_command("probe", str(device.address), "--json", stdout=out)

        told = json.loads(out.getvalue())
        assert (told["family"], told["state"]) == (self.kind, "hashing")
        assert set(asdict(self.driver(device).read())) <= set(told)


def fields_of(board):
    return {name: getattr(board, name) for name in type(board).__dataclass_fields__}
