"""What a SolrCloud needs before the portal can use it: our configset in ZooKeeper, a collection with two replicas.

The same under `./dev up --scale` and in the image (`entrypoint.py collection`). Standard library only.
"""

from __future__ import annotations

import io
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterable
from pathlib import Path

REPLICAS = 2
SECONDS = 120
"""How long Solr may take to make a collection."""
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(Exception):
    """SolrCloud did not do it; the text is its own."""


def complete(node: str, configset: str, folder: Path, wanted: Iterable[str], *, anew: bool = False) -> None:
    """Give the cloud our configset, and make the collections that it lacks, with a replica on each node.

    Args:
        node: the address of one of its nodes, up to `/solr`.
        configset: its name.
        folder: its files.
        wanted: the collections.
        anew: an index that is there was made with other types of fields and goes; else it reads the configset again.

    Raises:
        Refused: Solr does not do it.
    """
    base = f"{node}/admin"
    _ask(f"{base}/configs?action=UPLOAD&name={configset}&overwrite=true&cleanup=true", _zipped(folder))
    listed = _ask(f"{base}/collections?action=LIST&wt=json")
    for name in wanted:
        is_there = f'"{name}"' in listed
        if is_there:
            _ask(f"{base}/collections?action={'DELETE' if anew else 'RELOAD'}&name={name}&wt=json")
        if anew or not is_there:
            asked = {
                "action": "CREATE", "name": name, "numShards": 1, "replicationFactor": REPLICAS, "wt": "json",
                "collection.configName": configset, "waitForFinalState": "true",
            }  # fmt: skip
            _ask(f"{base}/collections?{urllib.parse.urlencode(asked)}")


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder))
    return packed.getvalue()


def _ask(url: str, body: bytes | None = None) -> str:
    request = urllib.request.Request(url, body, {"Content-Type": "application/octet-stream"} if body else {})
    try:
        with _direct.open(request, timeout=SECONDS) as answer:
            return answer.read().decode("utf-8")
    except urllib.error.HTTPError as error:
        raise Refused(error.read().decode("utf-8", "replace")[:500]) from error
    except OSError as error:
        raise Refused(str(error)) from error
