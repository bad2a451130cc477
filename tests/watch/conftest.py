"""A portal whose services may be stopped."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "pole_portal", Path(__file__).resolve().parents[1] / "dev" / "portal.py"
)
assert _spec is not None
assert _spec.loader is not None
_portal = sys.modules.setdefault("pole_portal", importlib.util.module_from_spec(_spec))
if not hasattr(_portal, "Portal"):
    _spec.loader.exec_module(_portal)

portal = _portal.portal
