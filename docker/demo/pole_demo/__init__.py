"""The demo's sources: a municipal CKAN portal and a 211 directory, served over HTTP.

In comes a folder of content (`content/`) or a real capture; out go the CKAN
action API under `/city` and the HSDS 3.1 API and data package under `/hsds`,
with fault switches for tests. Python's standard library and PyYAML only.
"""

from __future__ import annotations

from pole_demo.faults import Fault
from pole_demo.httpd import DemoServer

__all__ = ["DemoServer", "Fault"]
