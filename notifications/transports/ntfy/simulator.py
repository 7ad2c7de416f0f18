"""An ntfy server on loopback: JSON to its root, a bearer token if it has one."""

from notifications.transports.webhook.simulator import WebhookSimulator


class NtfySimulator(WebhookSimulator):
    """It answers with the id of what it took, as a webhook's stand-in does."""
