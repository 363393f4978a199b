"""The peers that plug in: bench/peers/NAME/peer.py (workloads.py says what one has).

SPDX-License-Identifier: Apache-2.0
"""
import importlib.util

from . import machine

FOLDER = machine.ROOT / "bench/peers"


def names():
    return sorted(path.parent.name for path in FOLDER.glob("*/peer.py"))


def load(name):
    """The peer's module, or the object PEER that it has."""
    spec = importlib.util.spec_from_file_location(f"bench_peer_{name}", FOLDER / name / "peer.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, "PEER", module)
