"""The simulated chat services of the notifications' tests."""

from tests.notifications.conftest import on_this_computer, telegram  # noqa: F401  # fixtures
