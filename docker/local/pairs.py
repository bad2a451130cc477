"""`./dev up --scale`: two of each thing that can be lost, behind nginx.

Two Solr nodes are a SolrCloud with a replica each; ZooKeeper, whose jars come with Solr's, keeps its state. nginx
serves the portal on its port from two gunicorns, by the same template as the compose file's, and gives CKAN one address
for both Solr nodes. One ZooKeeper is enough to try it; docs/en/scaling.md and docs/fr/echelle.md say what a real site
has.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import cloud, packages, readiness, solr, store
from .errors import Stop
from .layout import Layout

NODES = {"solr": "solr1", "solr2": "solr2"}
"""Program → the name of its port; `solr` as a port is the address that CKAN knows, nginx's."""
WEBS = {"web": "web1", "web2": "web2"}
MAX_BODY = "60m"
PATIENCE = {"POLE_PATIENCE": "30s", "POLE_PATIENCE_API": "60s"}
"""How long nginx waits for a web process: compose.yaml says the same."""

ZOO_CFG = """# Written by ./dev at each start.
tickTime=2000
dataDir={folder}
clientPort={port}
clientPortAddress=127.0.0.1
admin.enableServer=false
autopurge.purgeInterval=24
autopurge.snapRetainCount=3
"""
NGINX_CONF = """# Written by ./dev at each start.
daemon off;
pid {folder}/nginx.pid;
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


def nginx_command(folder: Path) -> list[str]:
    """The command line of nginx with the settings of a folder."""
    return [packages.which("nginx") or "nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def node_properties(ports: dict[str, int], node: str) -> list[str]:
    """What a node's cloud.xml asks for, as Java properties."""
    return [f"-DzkHost=127.0.0.1:{ports['zookeeper']}", f"-Dsolr.port.advertise={ports[NODES[node]]}"]


def node_home(layout: Layout, node: str) -> Path:
    """Where a node of the SolrCloud keeps its replica."""
    return layout.local / "solr" / "cloud" / node


def fill_in(template: str, values: dict[str, str]) -> str:
    """Fill in one of nginx' templates, as the image's envsubst does: only ${POLE_…}, everything else is nginx' own.

    Raises:
        KeyError: the template names a value that is not given.
    """
    return re.sub(r"\$\{(POLE_\w+)\}", lambda found: values[found[1]], template)


def configure(layout: Layout, ports: dict[str, int], host: str, patience: Mapping[str, str] = PATIENCE) -> None:
    """Write the settings of ZooKeeper, of both nodes, and of nginx.

    Args:
        layout: the checkout.
        ports: by name.
        host: the address that the portal listens on.
        patience: how long nginx waits for a web process, under the template's names.
    """
    zookeeper = layout.local / "zookeeper"
    zookeeper.mkdir(exist_ok=True)
    store.write_text(layout.run / "zoo.cfg", ZOO_CFG.format(folder=zookeeper, port=ports["zookeeper"]))
    for node in NODES:
        home = node_home(layout, node)
        (home / "empty").mkdir(parents=True, exist_ok=True)
        store.write_text(home / "solr.xml", (layout.solr_sources / "cloud.xml").read_text("utf-8"), 0o644)
    write_nginx(layout, nginx_folder(layout), ports, host, patience=patience)


def nginx_folder(layout: Layout) -> Path:
    """Where the portal's nginx has its settings and its cache."""
    return layout.run / "nginx"


def write_nginx(
    layout: Layout, folder: Path, ports: Mapping[str, int], host: str, *, webs: Sequence[str] = tuple(WEBS.values()),
    patience: Mapping[str, str] = PATIENCE,
) -> None:  # fmt: skip
    """Write nginx' settings.

    Args:
        layout: the checkout; its templates are the image's.
        folder: of these settings.
        ports: by name.
        host: the address that nginx listens on.
        webs: names of the ports of the web processes.
        patience: how long nginx waits for one of them, under the template's names.
    """
    folder.mkdir(exist_ok=True)
    # nginx started by root would give its work to another user, who cannot read a private checkout.
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
    store.write_text(folder / "nginx.conf", NGINX_CONF.format(folder=folder, user=user))
    values = {
        "POLE_LISTEN": f"{f'[{host}]' if ':' in host else host}:{ports['web']}",
        "POLE_WEBS": _servers(ports, webs),
        "POLE_SOLR_LISTEN": f"127.0.0.1:{ports['solr']}",
        "POLE_SOLRS": _servers(ports, list(NODES.values())),
        "POLE_RESOLVER_FORWARDED": "127.0.0.1",
        "POLE_CACHE": str(folder / "cache"),
        "POLE_MAX_BODY": MAX_BODY,
        **patience,
    }
    for name in ("portal", "solr"):
        template = layout.root / "docker" / "nginx" / f"{name}.conf.template"
        store.write_text(folder / f"{name}.conf", fill_in(template.read_text("utf-8"), values))


def _servers(ports: Mapping[str, int], names: Sequence[str]) -> str:
    return servers([f"127.0.0.1:{ports[name]}" for name in names])


def servers(places: Sequence[str]) -> str:
    """Nginx' lines for a pair: who fails is passed over for seconds, and asked all the same when both have failed.

    One that lives fails too when it is slow once; without the second line nginx would then answer by itself that
    there is nobody, for as long as it passes over both.
    """
    first = "".join(f"server {place} max_fails=1 fail_timeout=5s; " for place in places)
    return first + " ".join(f"server {place} max_fails=0 backup;" for place in places)


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
    mark = node_home(layout, "solr") / "configset"
    wanted = solr.configset_hash(layout)
    there = mark.read_text("utf-8") if mark.exists() else ""
    if there == wanted:
        return
    folder = layout.solr_home / "configsets" / solr.CONFIGSET / "conf"
    try:  # an index that was made with other types goes; `up` indexes again
        cloud.complete(f"http://127.0.0.1:{ports['solr1']}/solr", solr.CONFIGSET, folder, solr.CORES, anew=True)
    except cloud.Refused as error:
        raise Stop(f"SolrCloud refuse : {error}", f"SolrCloud refuses: {error}", do="./dev logs solr") from error
    store.write_text(mark, wanted, 0o644)
