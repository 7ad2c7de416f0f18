from django.apps import AppConfig
from django.utils.module_loading import import_string

from pools.usage import ask_before_removal


class MinersConfig(AppConfig):
    name = "miners"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known who is listened to and who works for a pool; the models can be imported only now."""
        import_string("miners.listening.register_listeners")()
        import_string("miners.subjects.register")()
        ask_before_removal(import_string("miners.services.pool_use.names_working_for"))
