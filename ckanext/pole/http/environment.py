"""What our rooms tell each other in the environment of a request."""

from __future__ import annotations

AWAY = "pole.away"
"""Names of the services that failed the request, for whoever answers in their place."""
