"""Usage preferences: whether a site permits that its files train models.

Sources are the ``Content-Usage`` header and rule of the IETF's AI preferences (draft-ietf-aipref-vocab and
draft-ietf-aipref-attach), and the TDM Reservation Protocol of a W3C community group (header, meta tag, tdmrep.json).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from protego import Protego

MAX_RULES = 200
"""Rules read of one host."""

_TRAINING_CATEGORIES = ("train-genai", "train-ai", "foundation-model-production", "ai", "tdm", "bots", "all")
"""Categories that contain the training of a music model, the narrowest first: a narrower one overrides a wider one."""

_ITEM = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)\s*=\s*\"?([a-z0-9?]+)\"?\s*(?:;[^,]*)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UsagePreference:
    """What a site prefers for one file.

    Attributes
    ----------
    training : bool or None
        Whether training is permitted; None if nothing is stated.
    statement : str
        Where it stands and its words; empty if nothing is stated.
    """

    training: bool | None = None
    statement: str = ""

    def combine(self, other: UsagePreference) -> UsagePreference:
        """Return the more restrictive of two preferences."""
        if self.training is None or other.training is False:
            return other if other.training is not None else self
        return self


UNSTATED = UsagePreference()


def parse_usage(text: str) -> bool | None:
    """Return whether a ``Content-Usage`` value permits training; None if it does not speak of it.

    Examples
    --------
    >>> parse_usage("train-ai=n"), parse_usage("bots=n, train-ai=y"), parse_usage("search=n")
    (False, True, None)
    """
    stated: dict[str, bool] = {}
    for item in text[:2000].split(","):
        match = _ITEM.match(item)
        if match is not None and match.group(2).lower() in {"y", "n", "?1", "?0"}:
            stated[match.group(1).lower()] = match.group(2).lower() in {"y", "?1"}
    return next((stated[category] for category in _TRAINING_CATEGORIES if category in stated), None)


def header_usage(headers: Mapping[str, str]) -> UsagePreference:
    """Return the preference of a response's headers, names in lower case."""
    found = UNSTATED
    for name in ("content-usage", "x-robots-tag"):
        value = headers.get(name, "")
        training = parse_usage(value)
        if name == "x-robots-tag" and re.search(r"\bno(?:image)?ai\b", value, re.IGNORECASE):
            training = False
        if training is not None:
            found = found.combine(UsagePreference(training, f"{name}: {value[:200]}"))
    if headers.get("tdm-reservation", "").strip() == "1":
        found = found.combine(UsagePreference(False, "tdm-reservation: 1"))
    return found


@dataclass(frozen=True, slots=True)
class UsageRule:
    """A preference for the addresses that a path pattern of robots.txt matches."""

    path: str
    preference: UsagePreference

    def matches(self, url: str) -> bool:
        """Return whether the rule applies to an address."""
        return not _matcher(self.path).can_fetch(url, "*")


@lru_cache(maxsize=4 * MAX_RULES)
def _matcher(path: str) -> Protego:
    return Protego.parse(f"User-agent: *\nDisallow: {path}\n")


def rule_usage(rules: Iterable[UsageRule], url: str) -> UsagePreference:
    """Return the preference of the longest pattern that matches; of equal ones the most restrictive."""
    found, length = UNSTATED, -1
    for rule in rules:
        if len(rule.path) >= length and rule.matches(url):
            found = found.combine(rule.preference) if len(rule.path) == length else rule.preference
            length = len(rule.path)
    return found


def robots_rules(text: str, product: str) -> tuple[UsageRule, ...]:
    """Return the ``Content-Usage`` rules of a robots.txt.

    They apply like Allow and Disallow: of the group that names the product, else of the group for all robots.
    """
    groups: dict[str, list[UsageRule]] = {}
    agents: list[str] = []
    is_open = False
    for line in text.splitlines():
        name, _, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "user-agent":
            agents = [*agents, value.lower()] if is_open else [value.lower()]
            is_open = True
        elif name and name != "sitemap":
            is_open = False
            if name == "content-usage" and sum(map(len, groups.values())) < MAX_RULES:
                for agent in agents:
                    groups.setdefault(agent, []).extend(_robots_rule(value))
            else:
                for agent in agents:
                    groups.setdefault(agent, [])
    chosen = [rules for agent, rules in groups.items() if agent.partition("/")[0] == product.lower()]
    return tuple(rule for rules in chosen or [groups.get("*", [])] for rule in rules)


def _robots_rule(value: str) -> list[UsageRule]:
    path, preferences = "/", value
    if value.startswith(("/", "*")):
        path, _, preferences = value.partition(" ")
    training = parse_usage(preferences)
    return [] if training is None else [UsageRule(path, UsagePreference(training, f"robots.txt: {value[:200]}"))]


def tdm_rules(body: bytes) -> tuple[UsageRule, ...]:
    """Return the rules of a ``/.well-known/tdmrep.json``; none if it is not one."""
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    rules = []
    for entry in entries[:MAX_RULES] if isinstance(entries, list) else []:
        location = entry.get("location") if isinstance(entry, dict) else None
        if isinstance(location, str) and entry.get("tdm-reservation") in {0, 1}:
            is_reserved = entry["tdm-reservation"] == 1
            statement = f"tdmrep.json: {location[:150]} tdm-reservation {entry['tdm-reservation']}"
            rules.append(UsageRule(location, UsagePreference(False if is_reserved else None, statement)))
    return tuple(rules)
