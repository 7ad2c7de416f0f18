"""The web process."""

import gc

from hmm.ops.web import set_aside_what_stays


def test_what_was_imported_is_left_out_of_later_collections():
    set_aside_what_stays()
    try:
        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()
