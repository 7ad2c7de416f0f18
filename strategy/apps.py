from django.apps import AppConfig
from django.utils.module_loading import import_string

from pools.usage import ask_before_removal


class StrategyConfig(AppConfig):
    name = "strategy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known which rules name a pool; the models can be imported only now."""
        ask_before_removal(import_string("strategy.services.rules.rules_naming"))
