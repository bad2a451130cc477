"""nginx ends TLS as docker/tls.yaml has it do: the portal is told who asked and how, and believes nobody else."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme
import yaml
from local import pairs, ports, readiness
from local.errors import Stop

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = "https://donnees.example.org"


class Composed(yaml.SafeLoader):
    """Reads what compose reads: a list that takes the place of another."""


Composed.add_constructor("!override", Composed.construct_sequence)


class Web(BaseHTTPRequestHandler):
    """The portal: says what it was told of its visitor."""

    def do_GET(self):
        told = {name: self.headers[name] for name in ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP")}
        said = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


@pytest.fixture
def front(layout, tmp_path):
    """nginx with both of its files before one web process, and a visitor who trusts its certificate."""
    shutil.copytree(ROOT / "docker/nginx", layout.root / "docker/nginx")
    authority, folder = trustme.CA(), layout.run / "nginx"
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    web = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    taken = {"web1": web.server_port}
    for name in ("web", "plain", "tls", "solr", "solr1", "solr2"):
        taken[name] = ports.another({*taken.values()})
    pairs.write_nginx(layout, folder, taken, "127.0.0.1", webs=["web1"])
    values = {
        "POLE_PLAIN_LISTEN": str(taken["plain"]), "POLE_TLS_LISTEN": str(taken["tls"]),
        "POLE_LISTEN": f"127.0.0.1:{taken['web']}", "POLE_MAX_BODY": "1m", "POLE_PUBLIC_URL": PUBLIC,
        "POLE_TLS_CERTIFICATE": str(tmp_path / "certificate.pem"), "POLE_TLS_KEY": str(tmp_path / "key.pem"),
    }  # fmt: skip
    template = (ROOT / "docker/nginx/tls.conf.template").read_text("utf-8")
    (folder / "tls.conf").write_text(pairs.fill_in(template, values), "utf-8")
    settings = folder / "nginx.conf"
    portal = f"include {folder}/portal.conf;"
    settings.write_text(settings.read_text("utf-8").replace(portal, f"{portal} include {folder}/tls.conf;"), "utf-8")
    command = pairs.nginx_command(folder)
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert (tried.returncode, "[warn]" in tried.stderr) == (0, False), tried.stderr
    nginx = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    readiness.wait(lambda: readiness.tcp_open(taken["tls"]), lambda: None, 20, Stop("", "nginx does not listen"))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    def ask(path="/", *, plain="", **headers):
        connection = (
            http.client.HTTPConnection("localhost", taken[plain], timeout=20)
            if plain
            else http.client.HTTPSConnection("localhost", taken["tls"], timeout=20, context=trust)
        )
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return SimpleNamespace(status=answer.status, headers=answer.headers, text=answer.read().decode())

    yield SimpleNamespace(ask=ask, web=web)
    nginx.terminate()
    nginx.wait(20)
    web.shutdown()
    web.server_close()


def test_who_comes_without_tls_is_sent_to_it_with_the_whole_address(front):
    sent = front.ask("/dataset/?q=eau&page=2", plain="plain")
    assert (sent.status, sent.headers["Location"]) == (308, f"{PUBLIC}/dataset/?q=eau&page=2")


def test_the_portal_is_told_who_asked_and_that_it_was_by_tls_whatever_the_visitor_claims(front):
    answer = front.ask("/about", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="http", X_Real_IP="203.0.113.9")
    told = json.loads(answer.text)
    assert told["X-Forwarded-Proto"] == "https"
    assert "203.0.113.9" not in answer.text
    assert told["X-Forwarded-For"].split(",")[-1].strip() == "127.0.0.1"
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize(("addresses", "one_place"), [
    ([f"2001:db8:7:8:{number:x}:a00:0:{number:x}" for number in range(30)], True),
    ([f"2001:db8:9:{number:x}::1" for number in range(30)], False),
    ([f"203.0.113.{number}" for number in range(30)], False),
    (["203.0.113.99"] * 30, True),
])  # fmt: skip
def test_a_network_of_ipv6_is_one_place_and_an_address_of_ipv4_is(front, addresses, one_place):
    told = [front.ask("/user/login", plain="web", X_Forwarded_For=address).status for address in addresses]
    assert set(told) == ({200, 429} if one_place else {200}), told


def test_a_portal_that_is_away_says_so_through_tls(front):
    front.web.shutdown()
    front.web.server_close()
    answer = front.ask("/about")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert '<html lang="fr">' in answer.text


def test_compose_gives_nginx_all_that_its_files_ask_for():
    files = [yaml.load((ROOT / "docker" / name).read_text("utf-8"), Composed) for name in ("compose.yaml", "tls.yaml")]
    alone, over = (file["services"]["nginx"] for file in files)
    given = alone["environment"] | over["environment"]
    templates = [(ROOT / f"docker/nginx/{name}.conf.template").read_text("utf-8") for name in ("portal", "tls")]
    asked = set(re.findall(r"\$\{(POLE_\w+)\}", "".join(templates)))
    assert asked == {name for name in given if name.startswith("POLE_")}
    assert given["POLE_LISTEN"].startswith("127.0.0.1:"), "the portal would be open without TLS"
    inside = {place.rsplit(":", 1)[1] for place in over["ports"]}
    assert inside == {given["POLE_PLAIN_LISTEN"], given["POLE_TLS_LISTEN"]}
    read = {given["POLE_TLS_CERTIFICATE"], given["POLE_TLS_KEY"]}
    assert {f"/run/secrets/{name}" for name in over["secrets"]} == read
    assert set(over["secrets"]) == set(files[1]["secrets"])
