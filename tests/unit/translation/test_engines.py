"""LibreTranslate's protocol, against a server that speaks it on the loopback, on its good and bad days."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.http import GuardedClient, Limits
from ckanext.pole.translation.engines import MOST_CHARACTERS, MOST_TEXTS, LibreTranslate, NoTranslation, batches

KEY = "clé-secrète"
WORDS = {"Jardins": "Gardens", "Lieux": "Places"}


class Host(ThreadingHTTPServer):
    """A LibreTranslate host: `bad` holds the statuses of its next answers, `asked` what it was sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Talk)
        self.bad, self.asked, self.answer, self.slow = [], [], None, 0.0


class Talk(BaseHTTPRequestHandler):
    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, sent))
        time.sleep(self.server.slow)
        if self.server.bad:
            status = self.server.bad.pop(0)
            return self.say(status, {"error": "non"})
        if sent.get("api_key") != KEY:
            return self.say(403, {"error": "Invalid API key"})
        told = {"translatedText": [WORDS.get(text, f"[{sent['target']}] {text}") for text in sent["q"]]}
        return self.say(200, told if self.server.answer is None else self.server.answer)

    def say(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def host():
    server = Host()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def engine(host):
    limits = Limits(allow_private=("127.0.0.1",), retries=2, backoff=0.01, per_host_interval=0.0, read_timeout=0.5)
    with GuardedClient(limits) as client:
        yield LibreTranslate(client, f"http://127.0.0.1:{host.server_port}/", KEY)


def test_a_wrong_key_is_not_tried_again_and_never_told(host):
    with GuardedClient(Limits(allow_private=("127.0.0.1",), retries=2, backoff=0.01)) as client:
        wrong = LibreTranslate(client, f"http://127.0.0.1:{host.server_port}", "fausse-clé")
        with pytest.raises(NoTranslation) as refused:
            wrong.translate(["Jardins"], "fr", "en")
    assert not refused.value.retry
    assert "fausse" not in str(refused.value)
    assert len(host.asked) == 1


def test_an_internal_address_that_nobody_allowed_is_not_visited(host):
    with GuardedClient(Limits()) as client, pytest.raises(NoTranslation):
        LibreTranslate(client, f"http://127.0.0.1:{host.server_port}", KEY).translate(["Jardins"], "fr", "en")
    assert host.asked == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_bad_moment_is_waited_out(host, engine, status):
    host.bad = [status]
    assert engine.translate(["Jardins"], "fr", "en") == ["Gardens"]
    assert len(host.asked) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_bad_day_ends_with_a_problem_worth_a_later_try(host, engine, status):
    host.bad = [status] * 9
    with pytest.raises(NoTranslation) as failed:
        engine.translate(["Jardins"], "fr", "en")
    assert failed.value.retry
    assert len(host.asked) == 3


def test_a_host_that_stays_silent_is_left(host, engine):
    host.slow = 1.0
    with pytest.raises(NoTranslation) as failed:
        engine.translate(["Jardins"], "fr", "en")
    assert failed.value.retry


@pytest.mark.parametrize(
    "answer",
    [[], {}, {"translatedText": "un seul"}, {"translatedText": ["a"]}, {"translatedText": ["a", 3]},
     {"translatedText": ["a", " "]}],
)  # fmt: skip
def test_an_answer_that_is_not_one_text_for_each_is_refused(host, engine, answer):
    host.answer = answer
    with pytest.raises(NoTranslation):
        engine.translate(["Jardins", "Lieux"], "fr", "en")


def test_texts_come_back_in_their_order_and_the_request_is_the_apis(host, engine):
    assert engine.translate(["Lieux", "Jardins"], "fr", "en") == ["Places", "Gardens"]
    (path, sent), = host.asked
    assert path == "/translate"
    assert sent == {"q": ["Lieux", "Jardins"], "source": "fr", "target": "en", "format": "text", "api_key": KEY}


@given(st.lists(st.text(max_size=50) | st.just("x" * (MOST_CHARACTERS + 1)), max_size=60))
def test_batches_lose_and_reorder_nothing_and_are_bounded(texts):
    found = batches(texts)
    assert [text for batch in found for text in batch] == texts
    for batch in found:
        assert 1 <= len(batch) <= MOST_TEXTS
        assert len(batch) == 1 or sum(map(len, batch)) <= MOST_CHARACTERS
