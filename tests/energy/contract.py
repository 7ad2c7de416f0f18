"""What every tariff promises. A plug-in's tests derive from it and name a source that answers."""

from datetime import UTC, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from energy.tariffs.base import ConfigError
from energy.tariffs.registry import source_for, tariff_choices

WRONG_REGION = {"region": "I"}


class TariffContract:
    """Give `kind`, `config`, and the fixtures `source` and `window` (start and end of what can be had)."""

    kind: str
    config: dict[str, str]
    has_region = True
    is_endless = False  # its prices hold until a person changes them

    def test_it_is_in_the_list_under_its_own_name(self, source):
        assert (self.kind, source.label) in tariff_choices()
        assert type(source_for(self.kind)) is type(source)

    def test_a_good_configuration_has_no_complaints(self, source):
        assert source.validate(self.config) == {}

    def test_a_wrong_region_is_a_sentence_at_its_field(self, source, window):
        if not self.has_region:
            return
        assert source.validate(WRONG_REGION)["region"].endswith(".")
        with pytest.raises(ConfigError):
            source.fetch({**self.config, **WRONG_REGION}, *window)

    def test_slots_are_sorted_half_open_and_touch_what_was_asked(self, source, window):
        start, end = window
        slots = source.fetch(self.config, start, end).slots

        assert all(slot.starts_at.tzinfo is UTC and slot.ends_at.tzinfo is UTC for slot in slots)
        assert all(slot.starts_at < slot.ends_at for slot in slots)
        assert all(before.ends_at <= after.starts_at for before, after in pairwise(slots))
        assert all(slot.ends_at > start and slot.starts_at < end for slot in slots)

    def test_prices_are_exact_decimals_never_floats(self, source, window):
        for slot in source.fetch(self.config, *window).slots:
            assert isinstance(slot.price_p_per_kwh, Decimal)
            assert slot.price_ex_vat_p_per_kwh is None or isinstance(slot.price_ex_vat_p_per_kwh, Decimal)

    def test_the_far_future_is_empty_and_no_error(self, source, window):
        far = window[1] + timedelta(days=30)
        if self.is_endless:
            assert source.fetch(self.config, far, far + timedelta(days=1)).slots[-1].ends_at >= far + timedelta(
                days=1
            )
            return

        assert source.fetch(self.config, far, far + timedelta(days=1)).slots == ()

    def test_asking_again_gives_the_same(self, source, window):
        first = source.fetch(self.config, *window)

        assert source.fetch(first.config, *window).slots == first.slots

    def test_the_configuration_is_handed_back_whole(self, source, window):
        result = source.fetch(self.config, *window)

        assert {name: result.config[name] for name in self.config} == self.config

    def test_its_form_asks_for_exactly_what_its_configuration_holds(self, source):
        named = {setting.name for setting in source.settings}

        assert set(self.config) <= named
        assert {setting.name for setting in source.settings if setting.required} <= set(self.config)
