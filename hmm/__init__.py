"""The project. Importing it makes the Celery application known, so that any process can send a task."""

from hmm.celery import app as celery_app

__all__ = ["celery_app"]
