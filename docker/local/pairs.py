"""`./dev up --scale`: two of each thing that can be lost, behind nginx.

Two Solr nodes are a SolrCloud with a replica each; ZooKeeper, whose jars come with Solr's, keeps its state. nginx
serves the portal on its port from two gunicorns, by the same template as the compose file's, and gives CKAN one address
for both Solr nodes. One ZooKeeper is enough to try it; docs/*/operators/scaling.md says what a real site has.
"""

from __future__ import annotations

import io
import os
import pwd
import re
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

from . import packages, readiness, solr, store
from .errors import Stop
from .layout import Layout

NODES = {"solr": "solr1", "solr2": "solr2"}
"""Program → the name of its port; `solr` as a port is the address that CKAN knows, nginx's."""
WEBS = {"web": "web1", "web2": "web2"}
MAX_BODY = "60m"
COLLECTION_SECONDS = 120

ZOO_CFG = """# Written by ./dev at each start.
tickTime=2000
dataDir={folder}
clientPort={port}
clientPortAddress=127.0.0.1
admin.enableServer=false
autopurge.purgeInterval=24
autopurge.snapRetainCount=3
"""
# A node that froze leaves the others alone after ten seconds, not after Solr's ten minutes.
SOLR_XML = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- Written by ./dev: one node of a SolrCloud. -->
<solr>
  <int name="maxBooleanClauses">16384</int>
  <metrics enabled="false"/>
  <solrcloud>
    <str name="zkHost">127.0.0.1:{zookeeper}</str>
    <str name="host">127.0.0.1</str>
    <int name="hostPort">{port}</int>
    <str name="hostContext">solr</str>
    <int name="zkClientTimeout">10000</int>
    <int name="distribUpdateConnTimeout">3000</int>
    <int name="distribUpdateSoTimeout">10000</int>
  </solrcloud>
  <shardHandlerFactory name="shardHandlerFactory" class="HttpShardHandlerFactory">
    <int name="connTimeout">3000</int>
    <int name="socketTimeout">10000</int>
  </shardHandlerFactory>
</solr>
"""
NGINX_CONF = """# Written by ./dev at each start.
daemon off;
pid {run}/nginx.pid;
error_log stderr warn;
worker_processes 2;
{user}
events {{
    worker_connections 1024;
}}

http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/portal.conf;
    include {folder}/solr.conf;
}}
"""


def zookeeper_command(layout: Layout) -> list[str]:
    """The command line of ZooKeeper."""
    return [
        str(packages.java() or "java"), "-Xmx128m", "-XX:+UseSerialGC", "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={layout.solr_sources / 'log4j2.xml'}", "-cp", f"{layout.solr_lib}/*",
        "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(layout.run / "zoo.cfg"),
    ]  # fmt: skip


def nginx_command(layout: Layout) -> list[str]:
    """The command line of nginx."""
    folder = layout.run / "nginx"
    return [packages.which("nginx") or "nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def node_home(layout: Layout, node: str) -> Path:
    """Where a node of the SolrCloud keeps its replica."""
    return layout.local / "solr" / "cloud" / node


def fill_in(template: str, values: dict[str, str]) -> str:
    """Fill in one of nginx' templates, as the image's envsubst does: only ${POLE_…}, everything else is nginx' own.

    Raises:
        KeyError: the template names a value that is not given.
    """
    return re.sub(r"\$\{(POLE_\w+)\}", lambda found: values[found[1]], template)


def configure(layout: Layout, ports: dict[str, int], host: str) -> None:
    """Write the settings of ZooKeeper, of both nodes, and of nginx."""
    zookeeper = layout.local / "zookeeper"
    folder = layout.run / "nginx"
    for made in (zookeeper, folder):
        made.mkdir(exist_ok=True)
    store.write_text(layout.run / "zoo.cfg", ZOO_CFG.format(folder=zookeeper, port=ports["zookeeper"]))
    for node, port in NODES.items():
        home = node_home(layout, node)
        (home / "empty").mkdir(parents=True, exist_ok=True)
        text = SOLR_XML.format(zookeeper=ports["zookeeper"], port=ports[port])
        store.write_text(home / "solr.xml", text, 0o644)
    # nginx started by root would give its work to another user, who cannot read a private checkout.
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
    store.write_text(folder / "nginx.conf", NGINX_CONF.format(run=layout.run, folder=folder, user=user))
    values = {
        "POLE_LISTEN": f"{f'[{host}]' if ':' in host else host}:{ports['web']}",
        "POLE_WEBS": _servers(ports, WEBS),
        "POLE_SOLR_LISTEN": f"127.0.0.1:{ports['solr']}",
        "POLE_SOLRS": _servers(ports, NODES),
        "POLE_RESOLVER_FORWARDED": "127.0.0.1",
        "POLE_CACHE": str(folder / "cache"),
        "POLE_MAX_BODY": MAX_BODY,
    }
    for name in ("portal", "solr"):
        template = layout.root / "docker" / "nginx" / f"{name}.conf.template"
        store.write_text(folder / f"{name}.conf", fill_in(template.read_text("utf-8"), values))


def _servers(ports: dict[str, int], names: dict[str, str]) -> str:
    return " ".join(f"server 127.0.0.1:{ports[name]} max_fails=1 fail_timeout=5s;" for name in names.values())


def node_answers(port: int) -> bool:
    """Whether a node has joined its cloud: asked before, it knows no collections."""
    return readiness.http_ok(f"http://127.0.0.1:{port}/solr/admin/collections?action=CLUSTERSTATUS&wt=json")


def complete(layout: Layout, ports: dict[str, int]) -> None:
    """Give the cloud our configset, and make the collections that it lacks, with a replica on each node.

    Args:
        layout: the checkout; its Solr home holds the configset.
        ports: both nodes must answer on theirs.

    Raises:
        Stop: Solr refuses it.
    """
    base = f"http://127.0.0.1:{ports['solr1']}/solr/admin"
    mark = node_home(layout, "solr") / "configset"
    wanted = solr.configset_hash(layout)
    there = mark.read_text("utf-8") if mark.exists() else ""
    if there != wanted:
        folder = layout.solr_home / "configsets" / solr.CONFIGSET / "conf"
        _ask(f"{base}/configs?action=UPLOAD&name={solr.CONFIGSET}&overwrite=true&cleanup=true", _zipped(folder))
    listed = _ask(f"{base}/collections?action=LIST&wt=json")
    for name in solr.CORES:
        is_there = f'"{name}"' in listed
        if is_there and there != wanted:  # made with other types; `up` indexes again
            _ask(f"{base}/collections?action=DELETE&name={name}&wt=json")
        if not is_there or there != wanted:
            asked = {
                "action": "CREATE", "name": name, "numShards": 1, "replicationFactor": 2, "wt": "json",
                "collection.configName": solr.CONFIGSET, "waitForFinalState": "true",
            }  # fmt: skip
            _ask(f"{base}/collections?{urllib.parse.urlencode(asked)}")
    store.write_text(mark, wanted, 0o644)


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder))
    return packed.getvalue()


def _ask(url: str, body: bytes | None = None) -> str:
    request = urllib.request.Request(url, body, {"Content-Type": "application/octet-stream"} if body else {})
    try:
        with readiness.direct.open(request, timeout=COLLECTION_SECONDS) as answer:
            return answer.read().decode("utf-8")
    except (OSError, urllib.error.URLError) as error:
        said = error.read().decode("utf-8", "replace")[:500] if isinstance(error, urllib.error.HTTPError) else error
        raise Stop(f"SolrCloud refuse : {said}", f"SolrCloud refuses: {said}", do="./dev logs solr") from error
