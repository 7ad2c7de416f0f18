from django.apps import AppConfig
from django.utils.module_loading import import_string

from hmm.ops.first_start import register


class SetupConfig(AppConfig):
    name = "hmm.setup"
    label = "setup"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the supervisor print the link once everything runs."""
        register(greeting)


def greeting() -> list[str]:
    """Ask the service; its models can be imported only once the apps are loaded."""
    lines: list[str] = import_string("hmm.setup.services.greeting")()
    return lines
