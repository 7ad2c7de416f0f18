"""The Celery application of worker and beat."""

import logging
import os
from typing import Any

from celery import Celery, Task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


class PatientTask(Task[Any, Any]):
    """A task whose `delay` survives a broker that is gone.

    What a page asks for is written as rows before; beat sends for due rows as soon as Redis is back.
    """

    def delay(self, *arguments: Any, **named: Any) -> Any:
        try:
            return super().delay(*arguments, **named)
        except OperationalError as error:
            logger.warning("%s is not sent now, Redis does not answer: %s", self.name, error)
            return None


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hmm.settings")
app = Celery("hmm", task_cls=PatientTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
