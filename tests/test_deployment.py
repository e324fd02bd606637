"""The files of a deployment, as far as they can be checked without a container engine or a cluster."""

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from livekit import api
from livekit.agents.telemetry.metrics import CPU_LOAD_GAUGE

from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.settings import Settings

ROOT = Path(__file__).parent.parent
KUBERNETES = ROOT / "deploy/kubernetes"
SETTINGS = {str(info.validation_alias): info for info in Settings.model_fields.values()}
MARGIN = 60
"""Seconds in which the last calls are ended politely and reported, at the least."""
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+[\w.-]*")


def parsed(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def objects() -> dict[str, Any]:
    """Kubernetes' objects by kind."""
    files = [path for path in sorted(KUBERNETES.glob("*.yaml")) if path.name != "kustomization.yaml"]
    return {made["kind"]: made for path in files for made in yaml.safe_load_all(path.read_text())}


def dockerfile() -> list[tuple[str, str]]:
    """Instructions and what follows them, without comments and broken lines."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (instruction, rest.strip())
        for line in joined.splitlines()
        if line.strip()
        for instruction, _, rest in [line.partition(" ")]
    ]


def stage() -> list[tuple[str, str]]:
    """The last stage: the image."""
    instructions = dockerfile()
    start = max(index for index, (instruction, _) in enumerate(instructions) if instruction == "FROM")
    return instructions[start:]


def image(instruction: str) -> str:
    """What the image's one instruction of this kind says."""
    [rest] = [rest for name, rest in stage() if name == instruction]
    return rest


def environment() -> dict[str, str]:
    return dict(assignment.split("=", 1) for assignment in image("ENV").split())


def health_check() -> list[str]:
    command: list[str] = json.loads(image("HEALTHCHECK").split("CMD", 1)[1])
    return command


def locked(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server on loopback that answers every path with this status; its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/" else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_the_image_is_made_in_stages_from_a_pinned_slim_python_that_the_project_supports() -> None:
    froms = [rest for name, rest in dockerfile() if name == "FROM"]
    [argument] = [rest for name, rest in dockerfile() if name == "ARG"]
    tag = re.fullmatch(r"PYTHON=(3)\.(\d+)-slim-\w+", argument)

    assert froms == ["python:${PYTHON} AS build", "python:${PYTHON}"]
    assert tag is not None
    supported = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    low, high = (int(minor) for minor in re.fullmatch(r">=3\.(\d+),<3\.(\d+)", supported).groups())  # type: ignore[union-attr]  # it does match
    assert low <= int(tag[2]) < high


def test_the_image_runs_as_a_user_that_kubernetes_knows_too() -> None:
    user, group = image("USER").split(":")
    security = objects()["StatefulSet"]["spec"]["template"]["spec"]["securityContext"]

    assert user != "0"
    assert user == group
    assert f"--uid {user}" in (ROOT / "Dockerfile").read_text()
    assert {security["runAsUser"], security["runAsGroup"], security["fsGroup"]} == {int(user)}
    assert security["runAsNonRoot"]


def test_signals_reach_the_worker() -> None:
    assert json.loads(image("ENTRYPOINT")) == ["tini", "--", "voice-worker"]
    assert json.loads(image("CMD")) == ["worker"]
    assert image("STOPSIGNAL") == "SIGTERM"
    assert 'exec /opt/venv/bin/python -m agent "$@"' in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_believes_the_health_endpoint(status: int, healthy: bool) -> None:
    with answering(status) as port:
        variables = {**os.environ, "VOICE_WORKER_HEALTH_PORT": str(port)}
        done = subprocess.run(
            [sys.executable, *health_check()[1:]], env=variables, stderr=subprocess.DEVNULL, check=False
        )

    assert (done.returncode == 0) is healthy


def test_everything_that_is_copied_is_there_and_is_sent_to_be_built() -> None:
    sources = [
        source
        for name, rest in dockerfile()
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    ignored = (ROOT / ".dockerignore").read_text().split()
    sent = {entry.removeprefix("!") for entry in ignored if entry.startswith("!")}

    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert set(sources) == sent
    assert "*" in ignored


def test_the_data_folder_is_a_volume_wherever_it_is() -> None:
    folder = environment()["VOICE_WORKER_DATA_DIR"]
    pod = objects()["StatefulSet"]["spec"]
    mounted = {mount["mountPath"]: mount["name"] for mount in pod["template"]["spec"]["containers"][0]["volumeMounts"]}

    assert image("VOLUME") == folder
    assert f"calls:{folder}" in parsed("compose.yaml")["services"]["worker"]["volumes"]
    assert mounted[folder] in [claim["metadata"]["name"] for claim in pod["volumeClaimTemplates"]]


def test_what_the_image_installs_is_what_was_tested_without_the_extras() -> None:
    everything, runtime = locked("requirements.lock"), locked("requirements-runtime.lock")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[<>=~ ]", requirement)[0].lower() for requirement in project["dependencies"]}

    assert needed <= set(runtime)
    assert runtime.items() <= everything.items()
    assert not {"espeakng-loader", "pytest", "mypy", "ruff"} & set(runtime)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-runtime.lock"])
def test_a_lock_has_hashes_and_no_addresses(name: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9-]+==)", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]

    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in (ROOT / name).read_text()


def test_every_setting_that_is_named_exists() -> None:
    worker = parsed("compose.yaml")["services"]["worker"]["environment"]
    pages = [ROOT / "docs/deployment.md", ROOT / "compose.yaml", ROOT / "Dockerfile", *KUBERNETES.glob("*.yaml")]
    named = {name for page in pages for name in re.findall(r"VOICE_WORKER_[A-Z_]+", page.read_text())}

    assert named - set(SETTINGS) == set()
    assert set(worker) | set(objects()["ConfigMap"]["data"]) <= set(SETTINGS)


def test_the_ports_of_the_worker_agree() -> None:
    health, metrics = environment()["VOICE_WORKER_HEALTH_PORT"], environment()["VOICE_WORKER_METRICS_PORT"]
    pod = objects()["StatefulSet"]["spec"]["template"]
    container = pod["spec"]["containers"][0]

    assert health == str(SETTINGS["VOICE_WORKER_HEALTH_PORT"].default)
    assert image("EXPOSE").split() == [health, metrics]
    assert {port["name"]: str(port["containerPort"]) for port in container["ports"]} == {
        "health": health,
        "metrics": metrics,
    }
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == metrics
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": "/", "port": "health"}


def test_the_services_of_one_machine_find_each_other() -> None:
    services, server, bridge = parsed("compose.yaml")["services"], parsed("livekit.yaml"), parsed("sip.yaml")
    port, redis = server["port"], server["redis"]["address"]

    assert bridge["ws_url"] == services["worker"]["environment"]["LIVEKIT_URL"] == f"ws://127.0.0.1:{port}"
    assert services["lk"]["environment"]["LIVEKIT_URL"] == f"http://127.0.0.1:{port}"
    assert f"http://127.0.0.1:{port}/" in services["livekit"]["healthcheck"]["test"]
    assert bridge["redis"]["address"] == redis
    assert ("--port", redis.partition(":")[2]) in list(pairwise(services["redis"]["command"]))
    assert {service["network_mode"] for service in services.values()} == {"host"}


def test_the_ports_of_one_machine_do_not_overlap() -> None:
    server, bridge = parsed("livekit.yaml"), parsed("sip.yaml")
    first, last = (int(port) for port in bridge["rtp_port"].split("-"))
    rtc = server["rtc"]
    single = [server["port"], rtc["tcp_port"], int(server["redis"]["address"].rpartition(":")[2]), bridge["sip_port"]]
    single += [int(port) for port in image("EXPOSE").split()]
    ranges = sorted(
        [(first, last), (rtc["port_range_start"], rtc["port_range_end"]), *((port, port) for port in single)]
    )

    assert all(end < start for (_, end), (start, _) in pairwise(ranges))


def test_what_has_no_password_is_reached_from_the_machine_alone() -> None:
    services = parsed("compose.yaml")["services"]

    assert parsed("livekit.yaml")["bind_addresses"] == ["127.0.0.1"]
    assert ("--bind", "127.0.0.1") in list(pairwise(services["redis"]["command"]))
    assert services["worker"]["environment"]["VOICE_WORKER_HOST"] == "127.0.0.1"


def test_no_file_holds_a_secret() -> None:
    assert "keys" not in parsed("livekit.yaml")
    assert not {"api_key", "api_secret"} & set(parsed("sip.yaml"))
    assert not [name for name in objects()["ConfigMap"]["data"] if name.endswith(("KEY", "SECRET"))]
    assert "Secret" not in objects()
    assert "/deploy/*/my-*.json" in (ROOT / ".gitignore").read_text().split()


def test_every_image_is_pinned() -> None:
    services = parsed("compose.yaml")["services"]
    others = [service["image"] for service in services.values() if "build" not in service]
    [container] = objects()["StatefulSet"]["spec"]["template"]["spec"]["containers"]

    assert [name for name in [*others, container["image"]] if not PINNED.fullmatch(name)] == []


def test_what_is_mounted_is_there_and_what_is_waited_for_can_be_waited_for() -> None:
    made = parsed("compose.yaml")
    for service in made["services"].values():
        for source in (volume.split(":")[0] for volume in service.get("volumes", [])):
            assert (ROOT / source).exists() if source.startswith(".") else source in made["volumes"]
        for name, wait in service.get("depends_on", {}).items():
            assert wait["condition"] == "service_started" or "healthcheck" in made["services"][name]


def test_whoever_stops_a_worker_waits_longer_than_its_calls_last() -> None:
    default = SETTINGS["VOICE_WORKER_DRAIN_SECS"].default
    drain = int(objects()["ConfigMap"]["data"]["VOICE_WORKER_DRAIN_SECS"])
    grace = re.fullmatch(r"(\d+)m", parsed("compose.yaml")["services"]["worker"]["stop_grace_period"])
    stop = re.search(r"--stop-timeout (\d+)", (ROOT / "docs/deployment.md").read_text())

    assert objects()["StatefulSet"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= drain + MARGIN
    assert grace is not None
    assert int(grace[1]) * 60 >= default + MARGIN
    assert stop is not None
    assert int(stop[1]) >= default + MARGIN


def test_the_autoscaler_follows_the_workers_load_and_acts_before_calls_are_refused() -> None:
    scaler = objects()["HorizontalPodAutoscaler"]["spec"]
    [pods] = [metric["pods"] for metric in scaler["metrics"]]
    [gauge] = CPU_LOAD_GAUGE.describe()
    threshold = float(objects()["ConfigMap"]["data"]["VOICE_WORKER_LOAD_THRESHOLD"])

    assert pods["metric"]["name"] == gauge.name
    assert int(pods["target"]["averageValue"].removesuffix("m")) / 1000 < threshold
    assert scaler["minReplicas"] >= 2


def test_everything_on_kubernetes_means_the_same_workers() -> None:
    made = objects()
    workers = made["StatefulSet"]
    labels = workers["spec"]["template"]["metadata"]["labels"]
    target = made["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]

    assert workers["spec"]["selector"]["matchLabels"] == labels
    assert made["Service"]["spec"]["selector"] == labels
    assert made["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert (target["kind"], target["name"]) == ("StatefulSet", workers["metadata"]["name"])
    assert workers["spec"]["serviceName"] == made["Service"]["metadata"]["name"]
    assert sorted([*listed, "kustomization.yaml"]) == sorted(path.name for path in KUBERNETES.glob("*.yaml"))


@pytest.mark.parametrize("name", ["twilio", "telnyx", "plain"])
def test_a_trunk_is_a_request_that_livekit_understands(name: str) -> None:
    text = (ROOT / f"deploy/trunks/{name}.json").read_text()
    trunk = json_format.Parse(text, api.CreateSIPOutboundTrunkRequest()).trunk

    assert trunk.name
    assert trunk.address
    assert all(re.fullmatch(r"\+[1-9]\d+", number) for number in trunk.numbers)
    assert trunk.numbers
    assert bool(trunk.auth_username) == bool(trunk.auth_password)


def test_incoming_calls_are_dispatched_to_the_worker_with_metadata_it_understands() -> None:
    trunk = json_format.Parse((ROOT / "deploy/inbound/trunk.json").read_text(), api.CreateSIPInboundTrunkRequest())
    rule = json_format.Parse((ROOT / "deploy/inbound/rule.json").read_text(), api.CreateSIPDispatchRuleRequest())
    [agent] = rule.room_config.agents

    assert trunk.trunk.numbers
    assert agent.agent_name == SETTINGS["VOICE_WORKER_AGENT_NAME"].default
    attempt = parse(Attempt, json.loads(agent.metadata))
    assert (attempt.problems, attempt.unknown) == ((), ())
    assert attempt.valid().direction == "inbound"
