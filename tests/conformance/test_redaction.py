"""No secret reaches a file or a terminal, whatever a provider does with it."""

import base64
import html
import json
import re
import zlib
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus
from xml.etree import ElementTree as ET

import pytest
from tests.conformance.conftest import WholeRun
from tests.conformance.support import (
    Asked,
    Passed,
    Providers,
    Proxy,
    Reply,
    Server,
    behind_landing,
    http_answer,
    landing,
    run,
    sbw,
    with_tokens,
)

from sbw_conformance.comparing import compare
from sbw_conformance.events import REDACTED, WHOLE_BODY, EventStream, Redaction
from sbw_conformance.exchanges import Exchange, Request
from sbw_conformance.reports import difference, github, terminal, write_all, writers
from sbw_conformance.results import Report

CANARY = 'canary/T0ken+with"odd\\chars='
PLAIN = "canary-token-plain-0123456789"


def forms(secret: str) -> set[str]:
    """How a secret may be written, and the beginning of it that would be telling enough."""
    raw = secret.encode()
    percent = quote(secret, safe="")
    coded = {percent, percent.lower(), quote(secret), quote_plus(secret), raw.hex()}
    written = json.dumps(secret)[1:-1]
    texts = {written, written.replace("/", "\\/"), json.dumps(written)[1:-1]}
    basic = {base64.b64encode(b"x" * before + raw).decode()[4:-4] for before in range(1, 4)}
    return {secret, secret[:-1], html.escape(secret), *coded, *texts, *basic}


def shown_in(folder: Path, secrets: set[str]) -> list[str]:
    """Files of a folder that hold one of the secrets in some form, also in what is compressed."""
    wanted = {form for secret in secrets for form in forms(secret)}
    texts = {file.name: file.read_text() for file in folder.iterdir() if file.is_file()}
    packed = re.findall(r'id="chunk-\d+">([^<]+)<', texts.get("report.html", ""))
    inflated = [zlib.decompress(base64.b64decode(chunk)).decode() for chunk in packed]
    texts["report.html, inflated"] = "".join(inflated)
    return [f"{name}: {form}" for name, text in texts.items() for form in wanted if form in text]


def told(report: Report) -> str:
    """All that a run prints: the summary, the annotations, a comparison in each form."""
    comparison = compare(replace(report, results=()), report)
    lines = [line for line, _ in (*terminal.lines(report), *difference.lines(comparison))]
    rendered = difference.render_json(comparison) + difference.render_markdown(comparison)
    return "\n".join([*lines, *github.lines(report), rendered])


def test_a_whole_run_shows_no_token_and_no_secret(whole_run: WholeRun) -> None:
    """Neither files nor output of a run hold a token, a client secret, or most of one."""
    secrets = {s for entry in whole_run.target.clients.values() for s in entry.secrets()}
    assert len(secrets) == 3 * 2 + 3 * 2  # tokens and client secrets, and the narrower tokens
    assert shown_in(whole_run.folder, secrets) == []
    assert not any(secret in whole_run.done.stdout + whole_run.done.stderr for secret in secrets)


def echo(asked: Asked) -> Reply:
    """Tell everything that was sent, in body, headers and problem details."""
    sent = asked.headers.get("authorization", "no token")
    bare = sent.removeprefix("Bearer ")
    problem = {
        "type": f"https://x.example/{quote(bare, safe='')}",
        "status": 403,
        "detail": f"You said {sent}",
        "token": bare,
        "coded": base64.b64encode(bare.encode()).decode(),
        "errors": [{"pointer": f"/{bare}"}],
    }
    body = json.dumps(problem)
    told = {"X_Echo": sent, "Link": f'<{bare}>; rel="next"', "WWW_Authenticate": f"Bearer {sent}"}
    return http_answer(403, body, "application/problem+json", **told)


@pytest.mark.no_cover
@pytest.mark.parametrize("token", [PLAIN, CANARY])
def test_a_provider_that_echoes_tokens_does_not_leak_them(token: str, tmp_path: Path) -> None:
    """Echoed tokens are taken out of bodies, headers and sentences, wrong ones included."""
    with behind_landing(echo) as server:
        target = with_tokens(server.url, token)
        report = run(target, folder=tmp_path, preflight=False)
    write_all(report, tmp_path)
    assert {*writers(), "run.ndjson"} <= {file.name for file in tmp_path.iterdir()}
    secrets = {entry.token or "" for entry in target.clients.values()}
    assert shown_in(tmp_path, secrets) == []
    assert not any(form in told(report) for secret in secrets for form in forms(secret))
    assert REDACTED in (tmp_path / "run.ndjson").read_text()


def test_tokens_that_were_gotten_are_kept_out(provider: Providers, tmp_path: Path) -> None:
    """Tokens of client credentials are as secret as given ones, the narrower ones too."""
    target = provider()
    clients = {
        role: replace(entry, token=None)
        for role, entry in target.clients.items()
        if role in {"a1", "a2", "b1"}
    }
    got: list[str] = []

    def after(asked: Asked, passed: Passed) -> Reply | None:
        if asked.place == "/token":
            got.append(passed.json["access_token"])
        elif passed.status == 200 and asked.place == "/business":
            passed.json = {**passed.json, "name": f"The token is {asked.headers['authorization']}"}
        return None

    with Proxy(replace(target, clients=clients), after=after) as proxy:
        report = run(proxy.seen, "business.", folder=tmp_path)
    write_all(report, tmp_path)
    assert len(got) == len(set(got)) == 3 + 2
    secrets = {entry.client_secret or "" for entry in clients.values()} | set(got)
    assert shown_in(tmp_path, secrets) == []


def test_a_secret_across_the_cut_of_a_long_body_is_not_halved() -> None:
    """A body is cut so that no part of a secret stands at its end."""
    redaction = Redaction()
    redaction.add(PLAIN)
    for shift in range(1, len(PLAIN)):
        body = b"x" * (WHOLE_BODY - shift) + PLAIN.encode() * 2 + b"y" * 100
        kept = redaction.body(body)
        assert PLAIN[:3] not in kept["text"]
        assert kept["truncated"] is True
        assert kept["bytes"] == len(body)


def test_unknown_secrets_go_by_where_they_stand() -> None:
    """Members that hold secrets, and headers that are not public, are never shown."""
    redaction = Redaction()
    text = '{"access_token": "abc", "client_secret":"d\\"e", "name": "Ada"}'
    expected = f'{{"access_token": "{REDACTED}", "client_secret":"{REDACTED}", "name": "Ada"}}'
    assert redaction.text(text) == expected
    headers = (("Set-Cookie", "session=1"), ("ETag", '"1"'), ("x-api-key", "k"))
    shown = [["Set-Cookie", REDACTED], ["ETag", '"1"'], ["x-api-key", REDACTED]]
    assert redaction.headers(headers) == shown


def test_an_event_redacts_every_part_of_an_exchange() -> None:
    """URL, bodies, headers and the reason of a failure."""
    stream = EventStream()
    stream.redaction.add(PLAIN)
    url = f"https://x.example/?access_token={PLAIN}"
    request = Request("a1", "read", "GET", url, headers=(("ETag", PLAIN),), body=PLAIN.encode())
    whole = Exchange(request, "t", 1, 200, (("Link", PLAIN),), PLAIN.encode())
    broken = Exchange(request, "t", 1, failure=f"no route to {PLAIN}")
    for exchange in (whole, broken):
        event = stream.exchange(exchange, (("Authorization", f"Bearer {PLAIN}"),))
        assert PLAIN not in json.dumps(event)


def test_an_echoed_client_secret_is_not_shown(tmp_path: Path) -> None:
    """What a token endpoint says of a secret does not reach the terminal."""

    def answer(asked: Asked) -> Reply:
        secret = dict(parse_qsl(asked.body.decode())).get("client_secret", "")
        problem = {"type": f"https://x.example/{secret}", "status": 400}
        return http_answer(400, json.dumps(problem), "application/problem+json")

    own: list[Server] = []

    def whole(asked: Asked) -> Reply:
        auth = {"schemes": ["bearer"], "token_endpoint": f"{own[0].url}/token"}
        page = json.dumps(landing(own[0].url, auth=auth))
        return http_answer(200, page) if asked.place == "/" else answer(asked)

    with Server(whole) as server:
        own.append(server)
        (tmp_path / "sbw.yaml").write_text(
            f"target: {server.url}\n"
            "clients:\n  a1: {client_id_env: ID, client_secret_env: SECRET}\n"
        )
        done = sbw("test", cwd=tmp_path, env={"ID": "some-id", "SECRET": PLAIN})
    assert done.returncode == 2
    assert "Client a1 got no token" in done.stderr
    assert PLAIN not in done.stdout + done.stderr


SCRIPT = '<script>alert("x")</script><img src=x onerror=alert(1)>'
CONTROL = "\x00\x08\x0b\x1b[2J\x1b]0;owned\x07\x7f\u202e\ufffe"


def vandal(_: Asked, passed: Passed) -> Reply | None:
    """Put markup, control characters and terminal codes where a report may show them."""
    if passed.status == 201:
        nasty = {"type": SCRIPT + CONTROL, "status": 418, "detail": CONTROL, "title": SCRIPT}
        passed.status, passed.json = 418, nasty
        passed.headers = [("Content-Type", f"text/<b>{SCRIPT}\x1b[31m"), ("ETag", SCRIPT)]
    elif passed.is_page:
        passed.json = {"items": [{"id": SCRIPT + CONTROL}], "next": f"https://{SCRIPT}/"}
    return None


def test_what_a_provider_sends_is_shown_not_obeyed(provider: Providers, tmp_path: Path) -> None:
    """HTML escapes markup, JUnit stays well-formed, the terminal gets no control characters."""
    with Proxy(provider(), after=vandal) as proxy:
        report = run(proxy.seen, only="contact", folder=tmp_path)
    write_all(report, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert html.escape(SCRIPT, quote=True).replace("&quot;", "&#34;") in page
    assert "<script>alert" not in page
    assert "<img" not in page
    root = ET.fromstring((tmp_path / "junit.xml").read_text())  # noqa: S314  # our own file
    assert int(root.attrib["failures"]) > 0
    shown = [line for line, _ in terminal.lines(report)]
    assert not any(re.search("[\x00-\x1f\x7f-\x9f\u202e]", line) for line in shown)
    assert any("\\x1b" in line for line in shown)


def test_a_landing_page_cannot_break_the_reports(tmp_path: Path) -> None:
    """The name of an app is text, nothing else."""
    app = {"id": "com.example.odd", "name": f"{SCRIPT} & Söhne"}
    with behind_landing(lambda _: http_answer(404), app=app) as server:
        report = run(with_tokens(server.url), folder=tmp_path)
    write_all(report, tmp_path)
    assert report.end["app"] == app
    assert "<script>alert" not in (tmp_path / "report.html").read_text()
