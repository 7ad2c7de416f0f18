"""How each act is called on the screen, and drawn. An act without a line here shows its internal name."""

from typing import Any

from hmm.audit.models import AuditEntry, Outcome
from hmm.audit.words import spoken_target

VERBS = {
    "strategy.transition": "Band",
    "strategy.override": "Override",
    "strategy.enable": "Strategy on",
    "strategy.disable": "Strategy off",
    "miner.power": "Power",
    "miner.mode": "Mode",
    "miner.pool": "Pool",
    "miner.tuning": "Clock and core voltage",
    "miner.fan": "Fan",
    "miner.profile": "Profile applied",
    "miner.restart": "Restart",
    "miner.identify": "Identify",
    "miner.add": "Miner added",
    "miner.edit": "Miner edited",
    "miner.move": "Miner moved",
    "miner.remove": "Miner removed",
    "miner.drift": "Changed at the device",
    "miner.hold": "Left to a person",
    "miner.firmware": "Firmware",
    "profile.save": "Profile kept",
    "profile.remove": "Profile forgotten",
    "network.save": "Network kept",
    "network.remove": "Network forgotten",
    "job.cancel": "Job cancelled",
    "band.edit": "Bands edited",
    "band.apply": "Bands applied",
    "band.reset": "Bands reset",
    "band.example": "Example bands",
    "band.undo": "Bands: edit taken back",
    "band.discard": "Bands: waiting edit dropped",
    "band.add": "Band added",
    "band.remove": "Band removed",
    "strategy.settings": "Strategy settings",
    "rule.fire": "Rule",
    "rule.rehearse": "Rule, dry run",
    "rule.add": "Rule added",
    "rule.edit": "Rule edited",
    "rule.enable": "Rule on",
    "rule.disable": "Rule off",
    "rule.remove": "Rule removed",
    "backup.make": "Backup made",
    "backup.upload": "Backup uploaded",
    "backup.remove": "Backup deleted",
    "backup.edit": "Backups kept",
    "backup.restore": "Backup restored",
    "backup.reset": "Everything reset",
    "tariff.choose": "Tariff",
    "tariff.rename": "Tariff renamed",
    "tariff.remove": "Tariff removed",
    "price.changed": "Price corrected",
    "pool.add": "Pool added",
    "pool.edit": "Pool edited",
    "pool.delete": "Pool removed",
    "coin_source.edit": "Source of coins edited",
    "block.found": "Block found",
    "block.immature": "Block immature",
    "block.confirmed": "Block confirmed",
    "block.orphaned": "Block orphaned",
    "account.add": "Account added",
    "account.password": "Password changed",
    "api_token.add": "API token made",
    "api_token.delete": "API token revoked",
    "account.role": "Role changed",
    "champion.selected": "Champion chosen",
    "champion.promoted": "Champion promoted",
    "champion.exhausted": "No champion left",
    "channel.add": "Channel added",
    "channel.edit": "Channel edited",
    "channel.off": "Channel off",
    "channel.on": "Channel on",
    "channel.remove": "Channel removed",
    "chat.refused": "Chat command refused",
    "event.edit": "Message edited",
    "health.limits": "Health limits",
    "home_assistant.edit": "Home Assistant",
    "home_assistant.up": "Home Assistant answers again",
    "incident.acknowledge": "Problem acknowledged",
    "incident.snooze": "Problem put off",
    "miner.clear_overheat": "Overheat mark cleared",
    "miner.code_secret": "One-time code secret",
    "miner.configuration": "Configuration",
    "miner.configure": "Configuration sent",
    "miner.meter": "Wall meter",
    "miner.overclock": "Overclock",
    "miner.prove": "Proof that it keeps settings",
    "miner.slot": "Pool slot",
    "miner.speech": "How it tells its readings",
    "miner.switch_slot": "Switch to a pool slot",
    "notifications.edit": "Notification settings",
    "plug.add": "Plug added",
    "plug.cycle": "Plug cycled",
    "plug.edit": "Plug edited",
    "plug.hold": "Plug left to a person",
    "plug.off": "Plug off",
    "plug.on": "Plug on",
    "plug.remove": "Plug removed",
    "update.skip": "Version skipped",
    "update.tell": "Version told again",
}
ICONS = {
    "strategy": "strategy",
    "band": "strategy",
    "rule": "strategy",
    "miner": "miners",
    "plug": "plug",
    "tariff": "energy",
    "price": "energy",
    "pool": "pools",
    "account": "person",
    "api_token": "lock",
    "miner.mode": "mode",
    "miner.tuning": "mode",
    "miner.restart": "restart",
    "miner.power": "off",
    "miner.pool": "pools",
}
TONES: dict[str, str] = {
    Outcome.DONE: "ok",
    Outcome.NOT_VERIFIED: "info",
    Outcome.NEEDS_RESTART: "warning",
    Outcome.REFUSED: "critical",
    Outcome.FAILED: "critical",
}


def verb_of(action: str) -> str:
    """Return an action's internal word as people read it."""
    return VERBS.get(action, action.replace(".", " ").replace("_", " ").capitalize())


def band_words(entry: AuditEntry) -> str:
    """Return a band change as people say it: "Band 4 → 3"; "No band" while everything is off."""
    old, new = ((state or {}).get("band") for state in (entry.before, entry.after))
    if new is None:
        return "No band" if old is None else f"Band {old} → none"
    return f"Band {new}" if old is None or old == new else f"Band {old} → {new}"


def shown_change(entry: AuditEntry) -> tuple[Any, Any]:
    """Return what a row shows as changed; the band of a band change stands in its verb."""
    if entry.action != "strategy.transition":
        return entry.before, entry.after
    before, after = ({"target": spoken_target((state or {}).get("target"))} for state in (entry.before, entry.after))
    return before, after
