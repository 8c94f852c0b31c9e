"""No cluster runs here: deploy/kubernetes is held against the code, the image, the settings and itself, and kubectl puts it together."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from schemas.environment import complaint, variables
from schemas.settings import CONFIG_VARIABLE, PREFIX, Settings
from schemas.settings import Door as Place
from schemas.topics import MOVEMENTS
from tests.deploy.manifests import (
    FOLDER,
    KUSTOMIZATION,
    SETTINGS,
    container_of,
    kustomization,
    manifests,
    of_kind,
    pod_of,
    secrets_of,
    settings,
    variables_of,
    workloads,
)
from tests.deploy.stack import image_environment, in_final, services
from wealthwatch.cli import app
from wealthwatch.door import Door

WORKLOADS = sorted(workloads())
LASTING = sorted(set(WORKLOADS) - {"topics"})
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
README = (FOLDER / "README.md").read_text()


def kubectl_puts_together(name: str) -> list[dict[str, Any]]:
    program = shutil.which("kubectl")
    if not program:
        pytest.skip("kubectl is missing")
    done = subprocess.run([program, "kustomize", str(FOLDER / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture
def inside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the settings are in a container of the workload."""
    given = {name: entry.get("value", "from-elsewhere") for name, entry in variables_of(request.param).items()}
    for name, value in {**image_environment(), **given, CONFIG_VARIABLE: str(SETTINGS)}.items():
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, value)
    return Settings.load()


def test_every_file_is_put_together() -> None:
    listed = {"base": kustomization("base")["resources"], "by-lag": kustomization("by-lag")["resources"]}
    for folder, resources in listed.items():
        there = {path.name for path in (FOLDER / folder).glob("*.yaml")} - {KUSTOMIZATION}
        assert there == {name for name in resources if not name.startswith("..")}
    assert "../base" in listed["by-lag"]


@pytest.mark.parametrize("name", ["base", "by-lag"])
def test_kubectl_puts_all_objects_into_the_namespace_and_names_our_settings_and_image(name: str) -> None:
    objects = kubectl_puts_together(name)
    (config,) = [one for one in objects if one["kind"] == "ConfigMap"]
    assert config["data"] == {"wealthwatch.toml": SETTINGS.read_text()}
    assert {one["metadata"].get("namespace") for one in objects if one["kind"] != "Namespace"} == {"wealthwatch"}
    pods = [one["spec"]["template"]["spec"] for one in objects if "template" in one.get("spec", {})]
    assert len(pods) == len(WORKLOADS)
    for pod in pods:
        assert {volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume} == {config["metadata"]["name"]}
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+", pod["containers"][0]["image"])


def test_what_keda_scales_has_no_number_of_its_own() -> None:
    (detector,) = [one for one in kubectl_puts_together("by-lag") if one["kind"] == "StatefulSet"]
    assert "replicas" not in detector["spec"]


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_command_exists(name: str) -> None:
    asked = CliRunner().invoke(app, [*container_of(name)["args"], "--help"])
    assert asked.exit_code == 0, asked.output
    assert "command" not in container_of(name), "the image's entry point is the program"


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_variable_is_a_setting(name: str) -> None:
    given = [variable for variable in variables_of(name) if variable.startswith(PREFIX)]
    assert CONFIG_VARIABLE in given
    assert complaint(given, (CONFIG_VARIABLE, *variables(Settings, PREFIX))) is None
    assert set(variables_of(name)) - set(given) <= {"PGPASSWORD"}


@pytest.mark.parametrize(("inside", "name"), [(name, name) for name in LASTING], indirect=["inside"])
def test_ports_are_where_the_service_listens(inside: Settings, name: str) -> None:
    section = getattr(inside, name)
    places = {"door": section.door, **({"http": section} if name == "inbox" else {})}
    assert {port["name"]: port["containerPort"] for port in container_of(name)["ports"]} == {at: place.port for at, place in places.items()}
    assert {place.host for place in places.values()} == {"0.0.0.0"}


@pytest.mark.parametrize("name", LASTING)
def test_probes_ask_pages_of_the_door(name: str) -> None:
    with Door(Place(), registry=CollectorRegistry()) as door:
        for probe in PROBES:
            asked = container_of(name)[probe]["httpGet"]
            assert asked["port"] == "door"
            assert asked["path"] in {"/healthz", "/readyz"}
            assert _status(door.port, asked["path"]) == 200
    assert container_of(name)["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container_of(name)["readinessProbe"]["httpGet"]["path"] == "/readyz"


def _status(port: int, path: str) -> int:
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_detector_may_recover_for_long_before_it_can_be_found_stuck() -> None:
    probe = container_of("detector")["startupProbe"]
    assert probe["httpGet"]["path"] == "/readyz"
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 1_800


@pytest.mark.parametrize("name", LASTING)
def test_it_has_as_long_to_finish_as_under_compose(name: str) -> None:
    assert pod_of(name)["terminationGracePeriodSeconds"] >= int(services()[name]["stop_grace_period"].removesuffix("s"))


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_can_do_no_more_than_it_needs(name: str) -> None:
    pod, container = pod_of(name), container_of(name)
    (user,) = in_final("USER")
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == user.text
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert {"cpu", "memory"} <= container["resources"]["limits"].keys() & container["resources"]["requests"].keys()
    (namespace,) = of_kind("Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("name", WORKLOADS)
def test_no_variable_comes_in_that_nobody_asked_for(name: str) -> None:
    """Of a Service `wealthwatch-x` Kubernetes would make WEALTHWATCH_X_PORT, which is no setting and stops the start."""
    assert pod_of(name)["enableServiceLinks"] is False


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_the_settings_read_is_mounted_and_only_tmp_can_be_written(name: str) -> None:
    volumes = {volume["name"]: volume for volume in pod_of(name)["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in container_of(name)["volumeMounts"]}
    assert {mount["name"] for mount in mounts.values()} == volumes.keys()
    assert variables_of(name)[CONFIG_VARIABLE]["value"] in mounts
    authority = settings().kafka.ssl_cafile
    assert authority is not None
    paths = [item["path"] for item in volumes[mounts[str(authority.parent)]["name"]]["secret"]["items"]]
    assert paths == [authority.name]
    assert [path for path, mount in mounts.items() if not mount.get("readOnly")] == ["/tmp"]
    assert "emptyDir" in volumes[mounts["/tmp"]["name"]]


def test_every_secret_is_only_named_and_the_readme_makes_it() -> None:
    assert of_kind("Secret") == {}
    read = {secret for name in WORKLOADS for secret in secrets_of(name)}
    (access,) = of_kind("TriggerAuthentication").values()
    read |= {(entry["name"], entry["key"]) for entry in access["spec"]["secretTargetRef"]}
    made = {
        (name, key)
        for name, rest in re.findall(r"create secret generic ([\w-]+)((?:\\\n|.)*)", README)
        for key in re.findall(r"--from-(?:literal|file)=([\w.]+)=", rest)
    }
    assert read - {("wealthwatch-webhook", "secret")} == made
    assert "password" not in re.sub(r"#.*", "", SETTINGS.read_text())
    for name in WORKLOADS:
        for variable, entry in variables_of(name).items():
            assert ("valueFrom" in entry) == (variable != CONFIG_VARIABLE), variable


def test_no_more_detectors_than_partitions() -> None:
    partitions = settings().kafka.partitions
    (scaled,) = of_kind("ScaledObject").values()
    most, fewest = scaled["spec"]["maxReplicaCount"], scaled["spec"]["minReplicaCount"]
    assert 1 < fewest <= most == partitions
    assert all(workload["spec"]["replicas"] <= partitions for name, workload in workloads().items() if name in LASTING)
    assert workloads()["inbox"]["spec"]["replicas"] == 1
    assert workloads()["inbox"]["spec"]["strategy"] == {"type": "Recreate"}


def test_the_lag_is_that_of_the_detectors_group_on_the_movements_where_the_settings_find_them() -> None:
    (scaled,) = of_kind("ScaledObject").values()
    ours = settings()
    target = scaled["spec"]["scaleTargetRef"]
    assert of_kind(target["kind"])[target["name"]]["apiVersion"] == target["apiVersion"]
    (trigger,) = scaled["spec"]["triggers"]
    asked = trigger["metadata"]
    assert trigger["type"] == "kafka"
    assert trigger["authenticationRef"]["name"] in of_kind("TriggerAuthentication")
    assert asked["consumerGroup"] == ours.detector.application_id
    assert asked["topic"] == ours.kafka.topic(MOVEMENTS)
    assert asked["bootstrapServers"] == ours.kafka.bootstrap_servers
    assert int(asked["lagThreshold"]) == ours.detector.queue_records
    assert (asked["sasl"].replace("_sha", "-SHA-").upper(), asked["tls"]) == (ours.kafka.sasl_mechanism, "enable")
    assert ours.kafka.security_protocol == "SASL_SSL"


def test_a_detector_s_name_in_the_group_is_its_pod_s_which_lasts() -> None:
    detector = workloads()["detector"]
    assert detector["kind"] == "StatefulSet"
    entry = variables_of("detector")["WEALTHWATCH_DETECTOR__GROUP_INSTANCE_ID"]
    assert entry["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert settings().detector.session_timeout_s > pod_of("detector")["terminationGracePeriodSeconds"]


def test_selectors_find_their_pods() -> None:
    labels = {name: workload["spec"]["template"]["metadata"]["labels"] for name, workload in workloads().items()}
    for name in LASTING:
        assert workloads()[name]["spec"]["selector"]["matchLabels"] == labels[name]
    for name, service in of_kind("Service").items():
        assert service["spec"]["selector"] == labels[name]
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= {port["name"] for port in container_of(name)["ports"]}
    assert workloads()["detector"]["spec"]["serviceName"] in of_kind("Service")
    budgets = of_kind("PodDisruptionBudget")
    assert budgets.keys() == {"detector", "notifier"}
    for name, budget in budgets.items():
        assert budget["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": labels[name]}}
        assert workloads()[name]["spec"]["replicas"] > 1


def test_every_setting_that_the_readme_names_exists() -> None:
    known = {name.removeprefix(PREFIX).lower().replace("__", ".") for name in variables(Settings, PREFIX)}
    named = set(re.findall(r"`((?:kafka|detector|notifier|inbox)\.\w+)`", README))
    assert named
    assert named <= known


def test_every_object_has_another_name_among_its_kind() -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in manifests()]
    assert len(set(names)) == len(names)
