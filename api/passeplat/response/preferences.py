"""`Preference-Applied`: which of what was preferred was done."""

from passeplat.config import Config
from passeplat.plan.model import Plan
from passeplat.request.model import Action, Preferences

_WRITES = frozenset({Action.INSERT, Action.UPDATE, Action.UPSERT, Action.DELETE})
_APPLIES: dict[str, frozenset[Action]] = {
    "resolution": frozenset({Action.INSERT}),
    "missing": frozenset({Action.INSERT, Action.UPDATE}),
    "return": _WRITES,
    "max-affected": frozenset({Action.UPDATE, Action.DELETE, Action.CALL, Action.CALL_READ}),
}


def preference_applied(plan: Plan, config: Config) -> str:
    preferences, action = plan.request.preferences, plan.request.action
    pairs = _pairs(preferences, config)
    return ", ".join(
        f"{name}={value}"
        for name, value in pairs
        if value is not None and action in _APPLIES.get(name, (action,))
    )


def _pairs(preferences: Preferences, config: Config) -> tuple[tuple[str, str | int | None], ...]:
    overridable = config.db_tx_end.endswith("-allow-override")
    strict = preferences.handling == "strict"
    return (
        ("resolution", preferences.resolution),
        ("missing", preferences.missing),
        ("return", preferences.returning),
        ("count", preferences.count),
        ("tx", preferences.transaction if overridable else None),
        ("handling", preferences.handling),
        ("timezone", preferences.timezone),
        ("max-affected", preferences.max_affected if strict else None),
    )
