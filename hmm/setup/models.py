"""The one-time link of the first start."""

from django.db import models


class SetupLink(models.Model):
    """A link that lets whoever holds it make the first account; only its digest is kept."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"set-up link of {self.created_at:%Y-%m-%d %H:%M}"
