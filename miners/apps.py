from django.apps import AppConfig
from django.utils.module_loading import import_string


class MinersConfig(AppConfig):
    name = "miners"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known who is listened to; the models can be imported only now."""
        import_string("miners.listening.register_listeners")()
        import_string("miners.subjects.register")()
