from hmm.ops.supervision.backoff import LONGEST_S, Backoff


def test_the_first_restart_comes_within_a_second():
    assert Backoff().next_delay(lived_s=5) < 1


def test_delays_grow_and_stop_at_half_a_minute():
    backoff = Backoff()

    delays = [backoff.next_delay(lived_s=0.1) for _ in range(10)]

    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_S


def test_a_minute_of_life_forgets_the_past():
    backoff = Backoff()
    for _ in range(8):
        backoff.next_delay(lived_s=0.1)

    assert backoff.next_delay(lived_s=61) < 1
