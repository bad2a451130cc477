"""The house keeps its shape: imports go one way, and the domain stands without CKAN."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: ckanext-spatial and ckanext-xloader ship a `ckanext/__init__.py`, so that our namespace would not be found as one:
#: the linter is shown our folder alone.
LINT = """
import importlib.machinery, importlib.util, sys
spec = importlib.machinery.ModuleSpec("ckanext", None, is_package=True)
spec.submodule_search_locations = [sys.argv[1] + "/ckanext"]
sys.modules["ckanext"] = importlib.util.module_from_spec(spec)
from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure
configure()
sys.exit(0 if lint_imports(config_filename=sys.argv[1] + "/pyproject.toml", cache_dir=None) else 1)
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_contracts_of_imports_are_kept():
    done = run("-c", LINT, str(ROOT))
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_has_nothing_to_say():
    done = run("-m", "ruff", "check", "--no-cache", ".")
    assert done.returncode == 0, done.stdout[-4000:]


def test_pyright_has_nothing_to_say():
    done = run("-m", "pyright", "--pythonpath", sys.executable)
    assert done.returncode == 0, done.stdout[-4000:]


def test_plugins_only_wire():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in ROOT.glob("ckanext/pole/**/plugin.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 80
    }
    assert not long, "a plugin.py holds more than doors"
