"""No container engine runs here: docker-compose.yml is held against the code, the settings and itself, and docker-compose reads it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from schemas.environment import complaint, variables
from schemas.settings import CONFIG_VARIABLE, PREFIX, Settings
from schemas.topics import TOPICS
from tests.deploy.stack import COMPOSE, DEPLOY, ROOT, SECRETS, compose, image_environment, image_health, mounts, ours, services
from wealthwatch.cli import app

SERVICES = sorted(services())
IN_IMAGE = "/etc/wealthwatch/wealthwatch.toml"
PUBLISHED = {"inbox", "grafana"}
ONE_SHOT = {"topics", "sample"}
POSTGRES_PORT = 5432
VARIABLES = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))


def environment_of(name: str) -> dict[str, str]:
    return {**(image_environment() if name in ours() else {}), **services()[name].get("environment", {})}


def settings_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the settings are inside one of our containers."""
    for variable, value in environment_of(name).items():
        if variable.startswith(PREFIX):
            monkeypatch.setenv(variable, str(DEPLOY / "wealthwatch.toml") if value == IN_IMAGE else value)
    return Settings.load()


def listens(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """Where a service listens: the port, and the address it binds."""
    service, environment = services()[name], environment_of(name)
    if name in {"detector", "notifier", "inbox"}:
        settings = settings_of(name, monkeypatch)
        section = getattr(settings, name)
        doors = {section.door.port: section.door.host}
        return {**doors, settings.inbox.port: settings.inbox.host} if name == "inbox" else doors
    if name == "kafka":
        found = re.findall(r"//([^:,]*):(\d+)", environment["KAFKA_LISTENERS"])
        return {int(port): host or "0.0.0.0" for host, port in found}
    if name == "prometheus":
        (flag,) = [flag for flag in service["command"] if flag.startswith("--web.listen-address=")]
        host, port = flag.partition("=")[2].split(":")
        return {int(port): host}
    if name == "grafana":
        return {int(environment["GF_SERVER_HTTP_PORT"]): "0.0.0.0"}
    return {POSTGRES_PORT: "0.0.0.0"} if name == "postgres" else {}


def reachable(asker: str, name: str, port: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether one service can open a port of another."""
    shared = set(services()[asker]["networks"]) & set(services()[name]["networks"])
    return bool(shared) and listens(name, monkeypatch).get(port) == "0.0.0.0"


def docker_compose(*arguments: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run it with these variables only, whatever the shell and an .env of whoever runs the tests say."""
    program = shutil.which("docker-compose")
    if not program:
        pytest.skip("docker-compose is missing: apt-get install docker-compose")
    nothing = folder / "env"
    nothing.touch()
    own = {name: value for name, value in os.environ.items() if name not in VARIABLES and not name.startswith("COMPOSE_")}
    command = [program, "--env-file", str(nothing), "--file", str(COMPOSE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**own, **environment})


def test_docker_compose_accepts_the_file_and_reads_it_as_these_tests_do(tmp_path: Path) -> None:
    done = docker_compose("--profile", "sample", "config", folder=tmp_path, environment=SECRETS)
    assert done.returncode == 0, done.stderr
    # it writes a dollar as two, so that what it prints can be read by it again
    read = yaml.safe_load(done.stdout.replace("$$", "$"))["services"]
    for name, service in services().items():
        for key in ("image", "user", "command", "entrypoint", "cap_drop"):
            assert read[name].get(key) == service.get(key), (name, key)
        assert {key: str(value) for key, value in read[name].get("environment", {}).items()} == service.get("environment", {})


@pytest.mark.parametrize("left_out", SECRETS)
def test_without_a_password_it_refuses_and_names_the_variable(left_out: str, tmp_path: Path) -> None:
    given = {name: value for name, value in SECRETS.items() if name != left_out}
    done = docker_compose("config", folder=tmp_path, environment=given)
    assert done.returncode != 0
    assert f"set {left_out} in .env, see deploy/README.md" in done.stderr


def test_the_sample_stands_in_a_profile_of_its_own() -> None:
    assert [name for name, service in services().items() if "profiles" in service] == ["sample"]


def test_no_password_stands_in_the_file() -> None:
    for line in COMPOSE.read_text().splitlines():
        if re.search(r"PASSWORD\w*:|SECRET\w*:", line):
            assert re.search(r": \$\{\w+:\?[^}]+\}$", line), line


@pytest.mark.parametrize("name", sorted(ours()))
def test_the_command_of_every_service_exists(name: str) -> None:
    service = services()[name]
    if "entrypoint" in service:
        lines = re.sub(r"\\\n", " ", (DEPLOY / "sample.sh").read_text()).splitlines()
        commands = [_bare(line.partition("wealthwatch ")[2]) for line in lines if re.search(r"(^|\|\| |&& )wealthwatch ", line)]
        assert len(commands) == 2
    else:
        commands = [service["command"]]
    for command in commands:
        asked = CliRunner().invoke(app, [*command, "--help"])
        assert asked.exit_code == 0, asked.output


def _bare(line: str) -> list[str]:
    """A shell line's words, with any word for what the shell would fill in."""
    return re.sub(r'"[^"]*(\$\([^)]*\)[^"]*)?"|"[^"]*"|\$\w+', "1", line).split()


@pytest.mark.parametrize("name", sorted(ours()))
def test_every_variable_is_a_setting_and_the_settings_load(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [variable for variable in environment_of(name) if variable.startswith(PREFIX)]
    assert CONFIG_VARIABLE in given
    assert complaint(given, (CONFIG_VARIABLE, *variables(Settings, PREFIX))) is None
    assert settings_of(name, monkeypatch).kafka.bootstrap_servers == "kafka:9092"


def test_every_variable_of_the_file_is_explained() -> None:
    text = (DEPLOY / "README.md").read_text()
    assert {name for name in VARIABLES if f"`{name}`" not in text and f"\n{name}=" not in text} == set()


def test_every_setting_that_the_readme_names_exists() -> None:
    named = set(re.findall(rf"{PREFIX}\w+", (DEPLOY / "README.md").read_text()))
    assert named
    assert complaint(named, variables(Settings, PREFIX)) is None


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_no_more_than_it_needs(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert str(service["user"]).split(":")[0] not in {"", "0", "root"}
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    assert service["restart"] == ("on-failure:5" if name in ONE_SHOT else "unless-stopped")
    assert not {"privileged", "cap_add", "network_mode", "devices", "pid", "ipc"} & service.keys()
    assert not any("docker.sock" in source for source, _, _ in mounts(service))


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_by_version(name: str) -> None:
    image = services()[name]["image"]
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+(\.\d+)?", image) or name in ours(), image


def test_only_the_inbox_and_grafana_are_published_and_only_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert published.keys() == PUBLISHED
    for name, ports in published.items():
        for port in ports:
            host, _, inside = port.split(":")
            assert host == "127.0.0.1"
            assert listens(name, monkeypatch)[int(inside)] == "0.0.0.0"


def test_only_what_is_published_stands_in_a_network_with_a_way_out() -> None:
    networks = compose()["networks"]
    open_ones = {name for name, network in networks.items() if not network.get("internal")}
    assert open_ones == {"front"}
    assert {name for name, service in services().items() if open_ones & set(service["networks"])} == PUBLISHED
    assert {network for service in services().values() for network in service["networks"]} == set(networks)
    assert {name for name, service in services().items() if "store" in service["networks"]} == {"postgres", "inbox"}


@pytest.mark.parametrize("name", ["detector", "notifier"])
def test_a_worker_can_be_scaled(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not {"container_name", "ports", "hostname"} & services()[name].keys()
    assert all(mode == "ro" for _, _, mode in mounts(services()[name]))
    assert settings_of(name, monkeypatch).detector.group_instance_id is None, "two of one name take partitions from each other"


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_exists_and_only_volumes_can_be_written(name: str) -> None:
    for source, place, mode in mounts(services()[name]):
        assert place.startswith("/")
        if "/" in source:
            assert (ROOT / source).exists(), source
            assert mode == "ro", source
        else:
            assert source in compose()["volumes"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_can_come_true(name: str) -> None:
    for other, when in services()[name].get("depends_on", {}).items():
        condition = when["condition"]
        if condition == "service_healthy":
            assert "test" in services()[other].get("healthcheck", {}) or (other in ours() and image_health())
        else:
            assert condition == "service_completed_successfully"
            assert other in ONE_SHOT


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_a_health_check_asks_a_port_on_which_the_service_listens(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    test = " ".join(services()[name].get("healthcheck", {}).get("test", image_health()))
    (port,) = re.findall(r"(?:127\.0\.0\.1[:/]|--port=)(\d+)", test)
    assert int(port) in listens(name, monkeypatch)


@pytest.mark.parametrize("name", sorted(ONE_SHOT))
def test_what_ends_by_itself_has_no_door_to_be_asked_at(name: str) -> None:
    assert services()[name]["healthcheck"] == {"disable": True}


@pytest.mark.parametrize("name", sorted(ours()))
def test_our_services_reach_the_broker_where_it_says_that_it_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = settings_of(name, monkeypatch).kafka.bootstrap_servers
    assert f"PLAINTEXT://{place}" == environment_of("kafka")["KAFKA_ADVERTISED_LISTENERS"]
    host, port = place.split(":")
    assert reachable(name, host, int(port), monkeypatch)


def test_the_inbox_reaches_its_database_with_the_same_password(monkeypatch: pytest.MonkeyPatch) -> None:
    url = make_url(settings_of("inbox", monkeypatch).inbox.database_url)
    postgres = environment_of("postgres")
    assert (url.username, url.database) == (postgres["POSTGRES_USER"], postgres["POSTGRES_DB"])
    assert url.password is None
    assert environment_of("inbox")["PGPASSWORD"] == postgres["POSTGRES_PASSWORD"] == SECRETS["POSTGRES_PASSWORD"]
    assert url.host == "postgres"
    assert reachable("inbox", "postgres", url.port or POSTGRES_PORT, monkeypatch)


def test_prometheus_finds_the_door_of_every_service(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())["scrape_configs"]
    found = {job["job_name"]: job["dns_sd_configs"] for job in jobs}
    assert found.keys() == {"detector", "notifier", "inbox"}
    for name, ((where),) in found.items():
        assert (where["names"], where["type"]) == ([name], "A")
        assert where["port"] == getattr(settings_of(name, monkeypatch), name).door.port
        assert reachable("prometheus", name, where["port"], monkeypatch)


def test_grafana_finds_prometheus_and_its_dashboards(monkeypatch: pytest.MonkeyPatch) -> None:
    provisioning = DEPLOY / "grafana/provisioning"
    scraping = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())["global"]
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())["datasources"]
    host, port = source["url"].removeprefix("http://").split(":")
    assert reachable("grafana", host, int(port), monkeypatch)
    (provider,) = yaml.safe_load((provisioning / "dashboards/wealthwatch.yml").read_text())["providers"]
    places = {place: Path(inside) for inside, place, _ in mounts(services()["grafana"])}
    assert (ROOT / places[provider["options"]["path"]]).samefile(DEPLOY / "grafana/dashboards")
    home = Path(environment_of("grafana")["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (ROOT / places[str(home.parent)] / home.name).is_file()
    assert source["jsonData"]["timeInterval"] == scraping["scrape_interval"]


def test_grafana_lets_nobody_in_without_a_login() -> None:
    environment: dict[str, Any] = environment_of("grafana")
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert environment["GF_USERS_ALLOW_SIGN_UP"] == "false"


def test_the_broker_is_the_one_of_the_tests_and_takes_every_record_of_ours() -> None:
    version = services()["kafka"]["image"].partition(":")[2]
    assert f"<artifactId>kafka_2.13</artifactId><version>{version}</version>" in (ROOT / "tests/brokers/kafka/pom.xml").read_text()
    environment = environment_of("kafka")
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert int(environment["KAFKA_MESSAGE_MAX_BYTES"]) >= max(topic.max_bytes for topic in TOPICS)
