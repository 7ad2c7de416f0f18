"""The Celery application of worker and beat."""

import logging
import os
import time
from typing import Any

from celery import Celery, Task
from django.db import InterfaceError
from django.db import OperationalError as DatabaseAwayError
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

TOLD_EVERY_S = 60.0
told_at: dict[str, float] = {}  # what is wrong with the database, and when this process told it last


class PatientTask(Task[Any, Any]):
    """A task that survives a database that is away or whose disk is full, and whose `delay` survives a lost broker.

    What a page asks for is written as rows before; beat sends for due rows as soon as both are back.
    """

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        try:
            return super().__call__(*arguments, **named)
        except (DatabaseAwayError, InterfaceError) as error:
            tell_now_and_then(self.name, error)
            return None

    def delay(self, *arguments: Any, **named: Any) -> Any:
        try:
            return super().delay(*arguments, **named)
        except OperationalError as error:
            logger.warning("%s is not sent now, Redis does not answer: %s", self.name, error)
            return None


def tell_now_and_then(name: str, error: Exception) -> None:
    """Say what is wrong with the database once a minute: tasks come each second, and logs may fill the same disk."""
    what, now = str(error).splitlines()[0] if str(error) else type(error).__name__, time.monotonic()
    if now - told_at.get(what, float("-inf")) >= TOLD_EVERY_S:
        told_at[what] = now
        logger.error("%s could not be done, the database does not work: %s. What is due is tried again", name, what)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hmm.settings")
app = Celery("hmm", task_cls=PatientTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
