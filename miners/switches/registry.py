"""The one list of plug systems."""

from miners.switches.base import SwitchBackend
from miners.switches.home_assistant.client import HomeAssistant

BACKENDS: dict[str, type[SwitchBackend]] = {HomeAssistant.kind: HomeAssistant}


def backend_choices() -> list[tuple[str, str]]:
    return [(kind, backend.label) for kind, backend in BACKENDS.items()]
