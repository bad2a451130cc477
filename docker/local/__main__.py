"""`./dev COMMAND …`: finds the command and turns its end into an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable

from . import audit, bench, commands, layout, terminal, testing, up
from .errors import Stop

HELP = """./dev COMMANDE · COMMAND

  up [--empty|--demo|--live] [--scale]
                              démarre tout, installe ce qui manque · start all, install what is missing
  down                        arrête tout ce qui est d'ici · stop all that belongs here
  status                      ce qui tourne · what runs
  logs [NOM·NAME] [-f] [-n N] les journaux · the logs
  ckan …                      la commande de CKAN avec le bon ini · CKAN's command with the right ini
  token USER                  imprime un jeton d'API · print an API token
  test [pytest …]             la suite de tests · the test suite
  bench [--quick] [--sizes N] le banc d'essai, à côté d'un CKAN nu · the benchmark, beside CKAN as it comes
  audit                       ce que l'on sait contre nos paquets · what is known against our packages
  reset [--yes] [--all]       efface les données · delete the data (--all : aussi les paquets · packages too)

  POLE_PORT=5001 ./dev up     un autre port que 5000, retenu ensuite · another port than 5000, remembered
  POLE_HOST=0.0.0.0 ./dev up  ouvert aux autres machines · open to other machines
"""

COMMANDS: dict[str, Callable[[layout.Layout, list[str]], int]] = {
    "up": up.run,
    "down": commands.down,
    "status": commands.status,
    "logs": commands.logs,
    "ckan": commands.ckan,
    "token": commands.token,
    "test": testing.run,
    "bench": bench.run,
    "audit": audit.run,
    "reset": commands.reset,
}


def main(arguments: list[str]) -> int:
    """Run one command.

    Args:
        arguments: the command and what follows it.

    Returns:
        The exit code: 0 done, 1 it failed, 2 it was asked wrongly, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    if not arguments or arguments[0] in ("help", "-h", "--help"):
        terminal.say(HELP.rstrip())
        return 0
    name, rest = arguments[0], arguments[1:]
    if name not in COMMANDS:
        terminal.complain(f"Commande inconnue · unknown command: {name}\n\n{HELP.rstrip()}")
        return 2
    try:
        return COMMANDS[name](layout.from_here(), rest)
    except Stop as stop:
        terminal.explain(stop)
        return stop.code
    except KeyboardInterrupt:
        terminal.complain("\nInterrompu · interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
