"""Opening hours: a short line of the content as HSDS schedules with words beside.

A line is `DAYS OPEN-CLOSE [FROM/TO]`: `MO,TU 09:00-17:00`, `MO-FR 09:00-17:00`,
`1SA 10:00-12:00` (first Saturday of the month), `ALWAYS`, with dates for a season.
"""

from __future__ import annotations

from typing import Any

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NAMES = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
RANKS = {"fr": ("", "premier", "deuxième", "troisième", "quatrième"), "en": ("", "first", "second", "third", "fourth")}
NBSP = "\u00a0"


def schedules(found: str, lines: list[str], language: str) -> list[dict[str, Any]]:
    """Make the schedules of a service.

    Args:
        found: stable text the ids are made from.
        lines: the lines of the content.
        language: language of the words.
    """
    return [{"id": f"{found[:-2]}{at:02x}", **_schedule(line, language)} for at, line in enumerate(lines)]


def _schedule(line: str, language: str) -> dict[str, Any]:
    """Read one line."""
    parts = line.split()
    if parts[0] == "ALWAYS":
        words = {"fr": "En tout temps, tous les jours", "en": "At all times, every day"}[language]
        return {"freq": "DAILY", "interval": 1, "opens_at": "00:00", "closes_at": "23:59", "description": words}
    opens, closes = parts[1].split("-")
    hours = {"opens_at": opens, "closes_at": closes}
    clock = _clock(opens, closes, language)
    season: dict[str, Any] = {}
    if len(parts) > 2:
        season["valid_from"], season["valid_to"] = parts[2].split("/")
    if parts[0][0].isdigit():
        rank, day = int(parts[0][0]), DAYS.index(parts[0][1:])
        words = {
            "fr": f"Le {RANKS['fr'][rank]} {NAMES['fr'][day]} du mois, {clock}",
            "en": f"{RANKS['en'][rank].capitalize()} {NAMES['en'][day]} of the month, {clock}",
        }[language]
        return {"freq": "MONTHLY", "interval": 1, "byday": parts[0], **hours, **season, "description": words}
    days = _days(parts[0])
    return {
        "freq": "WEEKLY",
        "interval": 1,
        "wkst": "MO",
        "byday": ",".join(DAYS[day] for day in days),
        **hours,
        **season,
        "description": f"{_span(days, language)}, {clock}",
    }


def _days(text: str) -> list[int]:
    """Read `MO-FR` or `MO,WE`."""
    if "-" in text:
        first, last = text.split("-")
        return list(range(DAYS.index(first), DAYS.index(last) + 1))
    return [DAYS.index(day) for day in text.split(",")]


def _span(days: list[int], language: str) -> str:
    """Say days: "Lundi au vendredi", "Monday and Thursday"."""
    names = [NAMES[language][day] for day in days]
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        text = f"{names[0]} {'au' if language == 'fr' else 'to'} {names[-1]}"
    elif len(names) == 1:
        text = names[0]
    else:
        text = f"{', '.join(names[:-1])} {'et' if language == 'fr' else 'and'} {names[-1]}"
    return text[0].upper() + text[1:]


def _clock(opens: str, closes: str, language: str) -> str:
    """Say hours as each language writes them: "de 9 h à 16 h 30", "9:00 a.m. to 4:30 p.m."."""
    if language == "fr":
        return f"de {_french(opens)} à {_french(closes)}"
    return f"{_english(opens)} to {_english(closes)}"


def _french(clock: str) -> str:
    hour, minute = clock.split(":")
    return f"{int(hour)}{NBSP}h" + (f"{NBSP}{minute}" if minute != "00" else "")


def _english(clock: str) -> str:
    hour, minute = clock.split(":")
    return f"{(int(hour) - 1) % 12 + 1}:{minute}{NBSP}{'a' if int(hour) < 12 else 'p'}.m."
