"""The commands that need no servers, as a person or a tool calls them.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import re
import resource
import shutil
import subprocess

import jsonschema
import pydot
import pytest
import yaml

from headrace import BINARY, ROOT

FLIGHTS = "topologies/flight_delay/topology.yaml"
REPLAY = "topologies/flight_delay/replay.yaml"
TOPOLOGIES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "topologies").glob("**/*.yaml")
                    if path.read_text().find("\ntopology:") >= 0)


def headrace(*arguments, cwd=ROOT, env=None):
    return subprocess.run([BINARY, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=60,
                          env={**os.environ, **(env or {})}, check=False)


@pytest.fixture
def tree(tmp_path):
    """A copy of the flight topology that a test may break."""
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    shutil.copytree(ROOT / "topologies", tmp_path / "topologies")
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


def edit(tree, *changes, to="broken.yaml"):
    """The flight topology with texts replaced, beside the good one."""
    text = (tree / FLIGHTS).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tree / "topologies/flight_delay" / to
    path.write_text(text)
    return str(path.relative_to(tree))


TWO_MISTAKES = ("Origin + \"-\"", "Orign + \"-\""), ("on_miss:", "on_mis:")


# --- check ------------------------------------------------------------------------------------------


def test_every_topology_of_the_tree_is_fine():
    result = headrace("check", *TOPOLOGIES)
    assert result.returncode == 0, result.stdout + result.stderr
    assert [line.split(": ok (")[0] for line in result.stdout.splitlines()] == TOPOLOGIES


def test_a_good_file_is_told_with_its_parts():
    result = headrace("check", FLIGHTS)
    assert result.stdout == (f"{FLIGHTS}: ok (1 source, 1 table, 3 steps, 2 sinks; guarantee: at-least-once)\n")
    assert result.stderr == ""


def test_all_mistakes_of_several_files_come_in_one_run(tree):
    first = edit(tree, *TWO_MISTAKES, to="first.yaml")
    second = edit(tree, ("model: models/flight_delay.onnx", "model: models/none.onnx"), to="second.yaml")
    result = headrace("check", first, FLIGHTS, second, "none.yaml", cwd=tree)
    places = re.findall(r"^(\S+?):(?:(\d+):(\d+):)? error\[([a-z-]+)\]", result.stdout, re.MULTILINE)
    assert result.returncode == 1
    assert [(file, code) for file, _, _, code in places] == [
        (first, "unknown-field"), (first, "unknown-key"), (second, "no-file"), ("none.yaml", "file")], result.stdout
    assert f"{FLIGHTS}: ok (" in result.stdout
    assert "did you mean 'on_miss'?" in result.stdout
    assert "did you mean 'Origin'?" in result.stdout


def test_json_has_one_object_a_line(tree):
    path = edit(tree, *TWO_MISTAKES)
    result = headrace("check", "--format", "json", path, FLIGHTS, cwd=tree)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    lines = (tree / path).read_text().splitlines()
    assert result.returncode == 1
    assert [(one["file"], one["severity"], one["code"]) for one in found] == [
        (path, "error", "unknown-field"), (path, "error", "unknown-key")]
    assert [lines[one["line"] - 1][one["column"] - 1:][:one["width"]] for one in found] == ["Orign", "on_mis"]
    assert found[1]["hint"] == "did you mean 'on_miss'?"


def test_github_gets_workflow_commands(tree):
    path = edit(tree, ("on_miss:", "on_mis:"))
    result = headrace("check", "--format=github", path, cwd=tree)
    assert re.fullmatch(rf"::error file={re.escape(path)},line=\d+,col=\d+,title=unknown-key::.*'on_mis'.*\n",
                        result.stdout), result.stdout


def test_connections_are_asked_for_with_a_config_only(tree):
    (tree / "config/kafka.yaml").write_text("connections:\n  kafka: {type: kafka, bootstrap: 'localhost:1'}\n")
    assert headrace("check", FLIGHTS, cwd=tree).returncode == 0
    result = headrace("check", FLIGHTS, REPLAY, "--config", "config/kafka.yaml", cwd=tree)
    line = 1 + (tree / FLIGHTS).read_text()[:(tree / FLIGHTS).read_text().index("connection: mongo")].count("\n")
    assert result.returncode == 1
    assert re.search(rf"^{re.escape(FLIGHTS)}:{line}:\d+: error\[[a-z-]+\]: .*'mongo'", result.stdout, re.MULTILINE)
    assert result.stdout.count(" error[") == 1, result.stdout
    assert f"{REPLAY}: ok (" in result.stdout


def test_a_connection_of_the_other_type_is_told_at_every_place(tree):
    (tree / "config/wrong.yaml").write_text("connections:\n"
                                            "  mongo: {type: kafka, bootstrap: 'localhost:1'}\n"
                                            "  kafka: {type: mongo, uri: 'mongodb://localhost:1'}\n")
    result = headrace("check", FLIGHTS, "--config", "config/wrong.yaml", cwd=tree)
    lines = {int(line) for line in re.findall(r"topology\.yaml:(\d+):\d+: error", result.stdout)}
    named = {number for number, text in enumerate((tree / FLIGHTS).read_text().splitlines(), 1)
             if "{connection:" in text}
    assert result.returncode == 1
    assert lines == named and len(named) == 4, result.stdout


def test_a_wrong_config_does_not_hide_the_topology(tree):
    (tree / "config/wrong.yaml").write_text("thread: 2\n")
    path = edit(tree, ("on_miss:", "on_mis:"))
    result = headrace("check", path, "--config", "config/wrong.yaml", cwd=tree)
    assert result.returncode == 1
    assert "config/wrong.yaml:1:1: error[unknown-key]" in result.stdout
    assert "'on_mis'" in result.stdout


def test_a_uri_that_the_driver_refuses_is_told_without_a_server(tree):
    result = headrace("check", FLIGHTS, "--config", "config/local.yaml", cwd=tree,
                      env={"MONGO_URI": "mongodb://localhost:1/?w=0"})
    assert result.returncode == 1
    assert re.search(r"^config/local\.yaml:\d+:\d+: error\[bad-uri\]: ", result.stdout, re.MULTILINE), result.stdout


def test_an_override_counts(tree):
    arguments = "check", FLIGHTS, "--config", "config/local.yaml"
    assert headrace(*arguments, "--set", "threads=2", cwd=tree).returncode == 0
    result = headrace(*arguments, "--set", "threads=none", cwd=tree)
    assert result.returncode == 1
    assert "'threads'" in result.stdout


def test_check_takes_at_most_50_ms():
    """Of the processor: what else the machine does is not its doing. The best of ten."""
    def cost():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert headrace("check", FLIGHTS).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert min(cost() for _ in range(10)) <= 0.050


# --- describe ---------------------------------------------------------------------------------------

NODES = {"source_requests", "table_distances", "step_features", "step_distance", "step_classify",
         "sink_mongo_response", "sink_kafka_response", "dead_letters"}
FLOW = {("source_requests", "step_features"), ("step_features", "step_distance"), ("table_distances", "step_distance"),
        ("step_distance", "step_classify"), ("step_classify", "sink_mongo_response"),
        ("step_classify", "sink_kafka_response")}
LETTERS = {(node, "dead_letters") for node in NODES if not node.startswith(("table", "dead"))}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pydot
def test_dot_is_a_graph():
    result = headrace("describe", FLIGHTS, "--format", "dot")
    (graph,) = pydot.graph_from_dot_data(result.stdout)
    assert {node.get_name() for node in graph.get_nodes()} - {"node", "edge"} == NODES
    assert {(edge.get_source(), edge.get_destination()) for edge in graph.get_edges()} == FLOW | LETTERS


def test_mermaid_is_a_flowchart():
    lines = headrace("describe", FLIGHTS, "--format", "mermaid").stdout.splitlines()
    node = re.compile(r'  (\w+)(?:\["[^"]*"\]|\[\("[^"]*"\)\]|\("[^"]*"\)|\[\["[^"]*"\]\])')
    edge = re.compile(r'  (\w+) -\.?->(?:\|"[^"]*"\|)? (\w+)')
    nodes = [match[1] for match in map(node.fullmatch, lines) if match]
    edges = [match.groups() for match in map(edge.fullmatch, lines) if match]
    assert lines[0] == "flowchart LR"
    assert 1 + len(nodes) + len(edges) == len(lines)
    assert set(nodes) == NODES
    assert set(edges) == FLOW | LETTERS


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("format", ["dot", "mermaid"])
def test_a_name_from_outside_cannot_break_a_graph(tree, format):
    path = edit(tree, ("topic: flight_delay_dead_letters", "topic: 'a\"]; b -> c [label=\"\\<'"))
    text = headrace("describe", path, "--format", format, cwd=tree).stdout
    if format == "dot":
        (graph,) = pydot.graph_from_dot_data(text)
        assert {(edge.get_source(), edge.get_destination()) for edge in graph.get_edges()} == FLOW | LETTERS
    else:
        (line,) = [line for line in text.splitlines() if line.startswith("  dead_letters[")]
        assert line == '  dead_letters[["dead letters<br/>kafka a#34;]#59; b -#62; c [label=#34;#92;#60;"]]'


def test_what_the_environment_holds_is_not_shown(tree):
    path = edit(tree, ("topic: flight_delay_dead_letters", "topic: '${env:LETTERS}'"))
    for format in "text", "dot", "mermaid":
        result = headrace("describe", path, "--format", format, cwd=tree, env={"LETTERS": "from_outside"})
        assert result.returncode == 0, result.stderr
        assert "from_outside" not in result.stdout


def test_describe_tells_what_a_redelivery_does(tree):
    paths = {}
    for guard in "none", "offset":
        path = edit(tree, ("guard: none", f"guard: {guard}"), to=f"{guard}.yaml")
        text = re.sub(r"\s+", " ", headrace("describe", path, cwd=tree).stdout.split("\npaths\n")[1])
        paths[guard] = re.search(r"-> mongo_response: at-least-once (.*?) requests ->", text)[1]
    assert "an older one can come back" in paths["none"]
    assert "never by an older record" in paths["offset"]


def test_describe_of_a_broken_file_prints_its_mistakes(tree):
    path = edit(tree, ("on_miss:", "on_mis:"))
    result = headrace("describe", path, cwd=tree)
    assert result.returncode == 1 and result.stdout == ""
    assert "error[unknown-key]" in result.stderr


def test_a_closed_pipe_ends_quietly():
    pipe = subprocess.run(["bash", "-c", f'"{BINARY}" operators --markdown | head -1; echo "${{PIPESTATUS[0]}}"'],
                          cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert pipe.stdout.splitlines()[0] == "# Reference"
    assert pipe.stdout.splitlines()[1] in ("0", "141") and pipe.stderr == ""


# --- schema -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((ROOT / "schemas/topology.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", TOPOLOGIES)
def test_the_schema_takes_good_topologies(validator, path):
    validator.validate(yaml.safe_load((ROOT / path).read_text()))


def test_the_schema_takes_every_example_of_the_reference(validator):
    flights = yaml.safe_load((ROOT / FLIGHTS).read_text())
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/REFERENCE.md").read_text(), re.DOTALL)
    assert len(blocks) >= 17
    for block in blocks:
        ((section, nodes),) = yaml.safe_load(block).items()
        validator.validate({**flights, section: {**flights.get(section, {}), **nodes}})


@pytest.mark.parametrize("changes", [
    {"sources": None, "sinks": None, "include": ["other.yaml"]},
    {"sources": None, "include": [{"file": "other.yaml", "take": ["sources", "endpoints"]}, "third.yaml"]},
    {"topology": None, "fragment": "part", "sources": None, "sinks": None, "guarantee": None, "errors": None},
])
def test_the_schema_takes_what_others_complete(validator, changes):
    flights = yaml.safe_load((ROOT / FLIGHTS).read_text())
    for key, value in changes.items():
        change(flights, [key], value)
    validator.validate(flights)


def change(topology, path, value):
    *parents, last = path
    for key in parents:
        topology = topology[key]
    if value is None:
        del topology[last]
    else:
        topology[last] = value


@pytest.mark.parametrize("path, value", [
    (["sources"], None),
    (["version"], None),
    (["sinks"], {}),
    (["topology"], "Flight-Delay"),
    (["source"], {}),
    (["guarantee"], "at-most-once"),
    (["fragment"], "a_part"),
    (["include"], []),
    (["include"], "batch.yaml"),
    (["include"], [{"file": "batch.yaml", "take": ["step"]}]),
    (["include"], [{"take": ["steps"]}]),
    (["sources", "requests", "kafka", "topic"], None),
    (["sources", "requests", "file"], {"path": "a.jsonl"}),
    (["sources", "requests", "from"], "features"),
    (["sources", "Requests"], {"kafka": {"connection": "kafka", "topic": "a"}}),
    (["tables", "distances", "key"], []),
    (["tables", "distances", "file", "reload"], "sometimes"),
    (["steps", "features", "from"], None),
    (["steps", "features", "derive"], {}),
    (["steps", "features", "drive"], {"a": "1"}),
    (["steps", "distance", "enrich", "on"], {"Origin": "Origin"}),
    (["steps", "distance", "on_error"], "ignore"),
    (["steps", "distance", "enrich", "add"], "Distance"),
    (["sinks", "mongo_response", "mongo", "writers"], 0),
    (["sinks", "kafka_response", "kafka"], None),
    (["errors", "dead_letters"], {"mongo": {"connection": "mongo", "database": "a", "collection": "b"}}),
    (["errors", "max_rate"], {"records": 5, "per": "1 minute"}),
], ids=lambda value: ".".join(map(str, value)) if isinstance(value, list) else "")
def test_the_schema_refuses(validator, tree, path, value):
    """And so does check: the schema is never stricter than the program."""
    topology = yaml.safe_load((ROOT / FLIGHTS).read_text())
    change(topology, path, value)
    assert not validator.is_valid(topology)
    broken = tree / "topologies/flight_delay/broken.yaml"
    broken.write_text(yaml.safe_dump(topology, sort_keys=False))
    assert headrace("check", broken.relative_to(tree), cwd=tree).returncode == 1


@pytest.mark.parametrize("path, value", [
    (["errors", "max_rate"], {"records": 5, "per": "90s"}),
    (["errors", "on_error"], "skip"),
    (["sources", "requests", "kafka", "start"], "${env:START:-latest}"),
    (["sinks", "mongo_response", "mongo", "writers"], "${env:WRITERS:-2}"),
    (["steps", "features", "derive", "One"], 1),
    (["steps", "features", "derive", "Yes"], True),
    (["sinks", "kafka_response", "format"], "json"),
], ids=lambda value: ".".join(map(str, value)) if isinstance(value, list) else "")
def test_the_schema_takes_what_check_takes(validator, tree, path, value):
    topology = yaml.safe_load((ROOT / FLIGHTS).read_text())
    change(topology, path, value)
    validator.validate(topology)
    good = tree / "topologies/flight_delay/good.yaml"
    good.write_text(yaml.safe_dump(topology, sort_keys=False))
    result = headrace("check", good.relative_to(tree), cwd=tree)
    assert result.returncode == 0, result.stdout
