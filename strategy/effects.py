"""What a rule means for each miner: a cap for one that follows the strategy, an order for one that does not. Pure."""

from strategy.core import Power, Reason
from strategy.rule_parts import (
    LOWEST,
    PLANNED,
    Action,
    ActionKind,
    Device,
    Effect,
    Order,
    Rule,
    ScopeKind,
    Surroundings,
)
from strategy.triggers import trigger_words
from strategy.wanting import Cap, exceeds

OFF = {ActionKind.OFF, ActionKind.PLUG_OFF}


def in_scope(rule: Rule, scene: Surroundings) -> tuple[Device, ...]:
    """Return the miners a rule is about."""
    scope = rule.scope
    if scope.kind is ScopeKind.FAMILY:
        return tuple(device for device in scene.devices if device.family == scope.family)
    if scope.kind is ScopeKind.MINERS:
        return tuple(device for device in scene.devices if device.id in scope.miners)
    return scene.devices


def effects_of(rule: Rule, subject: str, scene: Surroundings) -> tuple[Effect, ...]:
    """Return what a rule would do now, miner by miner; `subject` is the one miner it holds for, if it does so."""
    if rule.action.kind is ActionKind.NOTIFY:
        return (Effect(miner=subject, words="you are told"),)
    devices = [device for device in in_scope(rule, scene) if subject in {"", device.id}]
    return tuple(
        restriction(rule, device, scene) if device.enrolled else order(rule, device, scene) for device in devices
    )


def mode_for(action: Action, device: Device) -> str | None:
    """Return the mode an action means for a miner, None for one it does not have."""
    if action.mode == LOWEST:
        return device.modes[0] if device.modes else None
    return action.mode if action.mode in device.modes else None


def may_run(scene: Surroundings) -> bool:
    """Tell whether a rule may let a miner do more now: in a band that runs, or where no band is in force at all."""
    if scene.forced_off:
        return False
    return scene.decision.power is Power.ON or scene.decision.reason is Reason.DISABLED


# --- a miner that follows the strategy -----------------------------------------------------------


def restriction(rule: Rule, device: Device, scene: Surroundings) -> Effect:
    """Return the cap a rule puts on a miner that follows the strategy, or why it puts none."""
    is_off = rule.action.kind in OFF
    mode = None if is_off else mode_for(rule.action, device)
    words = {ActionKind.POOL: "another pool", ActionKind.PLUG_ON: "plug on"}.get(
        rule.action.kind, "off" if is_off else f"at most {mode or rule.action.mode}"
    )
    why = why_not_followed(rule, device, mode, scene)
    if why:
        return Effect(miner=device.id, words=words, overruled=why)
    does = "keeps it off" if is_off else f"holds it at {mode} at most"
    cause = trigger_words(rule.trigger, pool=scene.pools.get(rule.trigger.pool or "", ""), who="it")
    cap = Cap(off=is_off, mode=mode, why=f"Rule “{rule.name}” {does} while {cause}.", rule=rule.name)
    return Effect(miner=device.id, words=words, cap=cap)


def safest(rule: Rule, subject: str, scene: Surroundings) -> tuple[Effect, ...]:
    """Return the least that a rule which cannot be judged may have meant for those that follow the strategy.

    It orders nothing. Where a person forced the fleet on, a rule by prices or hours does not count, as ever.
    """
    kind = rule.action.kind
    if kind not in {*OFF, ActionKind.MODE} or scene.decision.reason is Reason.DISABLED:
        return ()
    if scene.decision.reason is Reason.OVERRIDE_ON and rule.trigger.kind in PLANNED:
        return ()
    why = f"Rule “{rule.name}” cannot be judged; what it held stays held."
    return tuple(
        Effect(
            miner=device.id,
            words="off" if kind in OFF else f"at most {device.modes[0]}",
            cap=Cap(off=kind in OFF, mode=None if kind in OFF else device.modes[0], why=why, rule=rule.name),
        )
        for device in in_scope(rule, scene)
        if device.enrolled and subject in {"", device.id} and (kind in OFF or device.modes)
    )


def why_not_followed(rule: Rule, device: Device, mode: str | None, scene: Surroundings) -> str:
    """Return what overrules a rule at a miner that follows the strategy, empty if nothing does."""
    kind = rule.action.kind
    if scene.decision.reason is Reason.DISABLED:
        return "The strategy is off; miners that follow it are told nothing."
    if scene.decision.reason is Reason.OVERRIDE_ON and rule.trigger.kind in PLANNED:
        return "A person forced the fleet on."
    if kind is ActionKind.POOL:
        return "The strategy chooses the pool of a miner that follows it."
    if kind is ActionKind.PLUG_ON:
        return "The strategy alone turns on what follows it."
    if kind is ActionKind.PLUG_OFF and device.plug is None:
        return "It hangs on no smart plug."
    return why_not_lower(rule, device, mode) if kind is ActionKind.MODE else ""


def why_not_lower(rule: Rule, device: Device, mode: str | None) -> str:
    """Return why a mode would not make a miner do less than the strategy has it do."""
    wish = device.wish
    if mode is None:
        return f"It has no mode {rule.action.mode}."
    if wish is not None and wish.on is False:
        return "The strategy has it off."
    runs = wish.mode if wish is not None and wish.mode is not None else device.mode
    if runs not in device.modes:
        return "It is not known which mode it runs."
    if exceeds(mode, runs, device.modes):
        return f"The strategy has it lower, in {runs}; a rule only makes it do less."
    return ""


# --- a miner that does not -----------------------------------------------------------------------


def order(rule: Rule, device: Device, scene: Surroundings) -> Effect:
    """Return the command a rule gives to a miner that does not follow the strategy, or why it gives none."""
    kind = rule.action.kind
    if kind is ActionKind.MODE:
        return mode_order(rule, device, scene)
    if kind is ActionKind.POOL:
        return pool_order(rule, device, scene)
    if kind is ActionKind.OFF:
        return off_order(rule, device, scene)
    return plug_order(rule, device, scene, on=kind is ActionKind.PLUG_ON)


def mode_order(rule: Rule, device: Device, scene: Surroundings) -> Effect:
    mode = mode_for(rule.action, device)
    words = f"mode {mode or rule.action.mode}"
    why = "" if mode is not None else f"It has no mode {rule.action.mode}."
    why = why or why_not_told(device, scene)
    if not why and not may_run(scene) and not lowers(mode, device):
        why = nothing_more(scene)
    return told(device, words, Order(kind="mode", value=mode), why)


def lowers(mode: str | None, device: Device) -> bool:
    """Tell whether a mode is surely not above what a miner runs."""
    known = device.mode in device.modes and not exceeds(mode, device.mode, device.modes)
    return known or mode == device.modes[0]


def pool_order(rule: Rule, device: Device, scene: Surroundings) -> Effect:
    name = scene.pools.get(rule.action.pool or "")
    why = why_not_told(device, scene) if name is not None else "That pool is switched off."
    return told(device, f"pool {name or ''}".strip(), Order(kind="pool", value=rule.action.pool), why)


def off_order(rule: Rule, device: Device, scene: Surroundings) -> Effect:
    """Turn it off the best way there is: at a plug that is its own, by its pause, else its lowest mode."""
    if device.plug is not None and not why_not_plug(rule, device, scene):
        return told(device, "off, at its plug", Order(kind="plug", value=False), "")
    unread = "" if device.writable else "HMM only reads this kind of device."
    if device.can_pause:
        return told(device, "off", Order(kind="power", value=False), unread)
    if device.modes:
        words = f"mode {device.modes[0]}, since it cannot be turned off"
        return told(device, words, Order(kind="mode", value=device.modes[0]), why_not_told(device, scene))
    return told(device, "off", None, unread or "It cannot be turned off from here.")


def plug_order(rule: Rule, device: Device, scene: Surroundings, *, on: bool) -> Effect:
    why = why_not_plug(rule, device, scene)
    if not why and on:
        why = f"Its plug {device.plug_waits}" if device.plug_waits else ""
        why = why if may_run(scene) else nothing_more(scene)
    return told(device, f"plug {'on' if on else 'off'}", Order(kind="plug", value=on), why)


def why_not_plug(rule: Rule, device: Device, scene: Surroundings) -> str:
    """Return why a rule may not switch a miner's plug: it feeds only miners of the rule that follow nobody else."""
    plug = device.plug
    if plug is None:
        return "It hangs on no smart plug."
    if plug.locked:
        return f"Its plug {plug.name or plug.entity} is locked."
    if plug.trouble or plug.state is None:
        return (
            f"Its plug {plug.name or plug.entity} cannot be switched now: {plug.trouble or 'its state is unknown'}."
        )
    own = {other.id for other in in_scope(rule, scene) if not other.enrolled}
    strangers = [plug.names.get(other, other) for other in plug.shared_with if other not in own]
    return f"Its plug {plug.name or plug.entity} also feeds {', '.join(strangers)}." if strangers else ""


def why_not_told(device: Device, scene: Surroundings) -> str:
    """Return why a miner is not given a setting; one that is off could come on by it."""
    if not device.writable:
        return "HMM only reads this kind of device."
    if device.on is False:
        return "It is off; a setting could turn it on."
    return nothing_more(scene) if device.on is None and not may_run(scene) else ""


def nothing_more(scene: Surroundings) -> str:
    if scene.forced_off:
        return "A person forced the fleet off; no rule lets a miner do more."
    return f"{scene.decision.explanation} No rule lets a miner do more then."


def told(device: Device, words: str, given: Order | None, why: str) -> Effect:
    return Effect(miner=device.id, words=words, order=None if why else given, overruled=why)
