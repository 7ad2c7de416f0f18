from django.apps import AppConfig


class LookConfig(AppConfig):
    name = "hmm.look"
    label = "look"
