"""The guarded way out to other sites: bounded, polite, and never to an internal address.

An address goes in; an answer, a stream or a file comes out, or an `HttpProblem` that says why in two languages.
"""

from __future__ import annotations

from ckanext.pole.http.addresses import AddressPolicy
from ckanext.pole.http.answers import Answer, Download, Stream
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.contents import JSON, XML
from ckanext.pole.http.limits import Limits, user_agent
from ckanext.pole.http.pace import Pace
from ckanext.pole.http.problems import (
    BadBody,
    ClientFailed,
    HttpProblem,
    Interrupted,
    Refused,
    ServerFailed,
    Throttled,
    TooLarge,
    TooSlow,
    Unreachable,
    WrongType,
)
from ckanext.pole.http.urls import mask_url

__all__ = [
    "JSON",
    "XML",
    "AddressPolicy",
    "Answer",
    "BadBody",
    "ClientFailed",
    "Download",
    "GuardedClient",
    "HttpProblem",
    "Interrupted",
    "Limits",
    "Pace",
    "Refused",
    "ServerFailed",
    "Stream",
    "Throttled",
    "TooLarge",
    "TooSlow",
    "Unreachable",
    "WrongType",
    "mask_url",
    "user_agent",
]
