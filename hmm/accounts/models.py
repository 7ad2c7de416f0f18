"""API tokens: named, hashed, with a scope."""

from django.db import models


class Scope(models.TextChoices):
    """What a token may do; each may what the ones before it may."""

    READ = "read", "Read"
    CONTROL = "control", "Control"
    ADMIN = "admin", "Administer"


class ApiToken(models.Model):
    """One token. Only its digest is kept, so it can be shown once and never again."""

    name = models.CharField(max_length=60, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(max_length=7, choices=Scope.choices, default=Scope.READ)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
