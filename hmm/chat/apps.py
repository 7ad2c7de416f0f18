from django.apps import AppConfig
from django.utils.module_loading import import_string


class ChatConfig(AppConfig):
    name = "hmm.chat"
    label = "chat"

    def ready(self) -> None:
        """Make known that chats are listened to; the models can be imported only now."""
        import_string("hmm.chat.listening.register_listener")()
