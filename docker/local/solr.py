"""Solr without docker: its jars, its home with two cores, and the configset that both share."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import environment, packages, readiness, store
from .errors import Stop
from .layout import Layout

CORES = ("ckan", "ckan_test")
CONFIGSET = "pole"
HEAP = "512m"
SOLR_XML = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- Written by ./dev: one server, cores found by their core.properties. -->
<solr>
  <int name="maxBooleanClauses">16384</int>
  <metrics enabled="false"/>
</solr>
"""


def jars_ready(layout: Layout) -> bool:
    """Whether the jars named by the pom are here."""
    stamp = layout.solr_lib / ".stamp"
    return stamp.exists() and stamp.read_text("utf-8") == _pom_hash(layout)


def _pom_hash(layout: Layout) -> str:
    return hashlib.sha256((layout.solr_sources / "pom.xml").read_bytes()).hexdigest()


def fetch_jars(layout: Layout) -> None:
    """Copy Solr's jars into `.local/solr/lib`, all of them or none.

    Raises:
        Stop: Maven could not get them.
    """
    draft = layout.solr_lib.with_name("lib.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    command = [
        packages.which("mvn") or "mvn", "-B", "-ntp", "-q", "-f", str(layout.solr_sources / "pom.xml"),
        "dependency:copy-dependencies", f"-DoutputDirectory={draft}",
    ]
    with layout.setup_log.open("ab") as out:
        done = subprocess.run(command, env=environment.clean(), stdout=out, stderr=out, check=False)
    if done.returncode:
        raise Stop(
            "Maven n'a pas pu télécharger Solr.", "Maven could not download Solr.", do="./dev up", log=layout.setup_log
        )
    (draft / ".stamp").write_text(_pom_hash(layout), "utf-8")
    shutil.rmtree(layout.solr_lib, ignore_errors=True)
    draft.rename(layout.solr_lib)


def compile_launcher(layout: Layout) -> None:
    """Compile the launcher when its source has changed: a second less at each start than running the source.

    Raises:
        Stop: it does not compile.
    """
    source = layout.solr_sources / "SolrServer.java"
    stamp = layout.solr_classes / ".stamp"
    wanted = hashlib.sha256(source.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    layout.solr_classes.mkdir(parents=True, exist_ok=True)
    compiler = (packages.java() or Path("java")).resolve().with_name("javac")
    command = [str(compiler), "-cp", f"{layout.solr_lib}/*", "-d", str(layout.solr_classes), str(source)]
    with layout.setup_log.open("ab") as out:
        done = subprocess.run(command, env=environment.clean(), stdout=out, stderr=out, check=False)
    if done.returncode:
        raise Stop("SolrServer.java ne compile pas.", "SolrServer.java does not compile.", log=layout.setup_log)
    stamp.write_text(wanted, "utf-8")


def command(layout: Layout, port: int, home: Path | None = None, properties: Sequence[str] = ()) -> list[str]:
    """The command line of a server.

    Args:
        layout: the checkout.
        port: what it listens on.
        home: a node's of a SolrCloud; the server alone has the checkout's.
        properties: a node's own.
    """
    return [
        str(packages.java() or "java"), f"-Xmx{HEAP}", "-Xms128m", "-XX:+UseSerialGC",
        f"-Dlog4j2.configurationFile={layout.solr_sources / 'log4j2.xml'}",
        f"-Djava.util.logging.config.file={layout.solr_sources / 'logging.properties'}",
        f"-Dsolr.log.dir={layout.log}", f"-Dsolr.install.dir={layout.solr_lib.parent}",
        "-Djava.awt.headless=true", "-Duser.timezone=UTC", f"-Djava.io.tmpdir={layout.run}",
        # Our launcher speaks HTTP/1.1, and so do two nodes between them.
        "-Dsolr.http1=true", *properties, "-cp", f"{layout.solr_classes}:{layout.solr_lib}/*", "SolrServer",
        str(home or layout.solr_home), str(port),
    ]


def prepare_home(layout: Layout, *, paired: bool = False) -> bool:
    """Write the Solr home: configset and cores.

    Args:
        layout: the checkout.
        paired: whether the index is a SolrCloud's; it has another than the server alone.

    Returns:
        Whether the configset differs from the one that the index was made with, or there is no index yet.

    Raises:
        Stop: the configset could not be made.
    """
    home = layout.solr_home
    home.mkdir(parents=True, exist_ok=True)
    store.write_text(home / "solr.xml", SOLR_XML, 0o644)
    (home / "empty").mkdir(exist_ok=True)
    for core in CORES:
        (home / core).mkdir(exist_ok=True)
        store.write_text(home / core / "core.properties", f"name={core}\nconfigSet={CONFIGSET}\n", 0o644)
    fresh = _write_configset(layout)
    indexed = home / "indexed-with"
    return not indexed.exists() or indexed.read_text("utf-8") != _indexed_with(fresh, paired)


def drop_other_indexes(layout: Layout) -> None:
    """Delete indexes that were made with another configset: a field of another type makes Solr refuse documents.

    Solr must not run. `up` makes the site's index anew then, and the tests theirs.
    """
    wanted = configset_hash(layout)
    for core in CORES:
        mark = layout.solr_home / core / "made-with"
        if not mark.exists() or mark.read_text("utf-8") != wanted:
            shutil.rmtree(layout.solr_home / core / "data", ignore_errors=True)
            store.write_text(mark, wanted, 0o644)


def configset_hash(layout: Layout) -> str:
    """A digest of the configset's files."""
    folder = layout.solr_home / "configsets" / CONFIGSET
    return _hash(folder)


def mark_indexed(layout: Layout, *, paired: bool = False) -> None:
    """Remember that the index holds everything, made with the configset of now."""
    digest = configset_hash(layout)
    store.write_text(layout.solr_home / "indexed-with", _indexed_with(digest, paired), 0o644)
    if not paired:
        store.write_text(layout.solr_home / CORES[0] / "made-with", digest, 0o644)


def _indexed_with(digest: str, paired: bool) -> str:
    # One mark for both forms: what is indexed in the one makes the other's old.
    return f"{digest} paired" if paired else digest


def _write_configset(layout: Layout) -> str:
    """Make the configset; it is put in place only when its content is new, so that Solr sees no half of it."""
    target = layout.solr_home / "configsets" / CONFIGSET
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=layout.solr_home, prefix=".configset-") as folder:
        draft = Path(folder) / CONFIGSET
        done = subprocess.run(
            [str(layout.python), "-m", "ckanext.pole.search.configset", str(draft)],
            env=environment.clean(), capture_output=True, check=False,
        )
        if done.returncode:
            with layout.setup_log.open("ab") as out:
                out.write(done.stdout + done.stderr)
            raise Stop(
                "Le configset de Solr n'a pas pu être écrit.", "The Solr configset could not be written.",
                log=layout.setup_log,
            )
        fresh = _hash(draft)
        if not target.exists() or _hash(target) != fresh:
            shutil.rmtree(target, ignore_errors=True)
            os.replace(draft, target)
    return fresh


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def answers(port: int, core: str = "ckan") -> bool:
    """Whether a core answers."""
    return readiness.http_ok(f"http://127.0.0.1:{port}/solr/{core}/admin/ping?wt=json")


def reload(port: int) -> None:
    """Make both cores read their configset again.

    Raises:
        Stop: Solr refuses it.
    """
    for core in CORES:
        if not readiness.http_ok(f"http://127.0.0.1:{port}/solr/admin/cores?action=RELOAD&core={core}", timeout=60):
            raise Stop(f"Solr refuse le configset ({core}).", f"Solr refuses the configset ({core}).")
