"""The forests of the benches, made once into the cache folder: the small one is the topology's own.

SPDX-License-Identifier: Apache-2.0
"""
import subprocess
import sys

from . import machine

sys.path.append(str(machine.ROOT / "tests/support"))
from services import cache  # noqa: E402

FLIGHT = machine.ROOT / "topologies/flight_delay"
MAKE = machine.ROOT / "bench/workloads/models/make_forests.py"


def path(name):
    """20x5, 20x10 or 100x10: trees x depth. The first call may train for a minute; it needs the packages of
    topologies/flight_delay/training."""
    if name == "20x5":
        return str(FLIGHT / "models/flight_delay.onnx")

    def make(work):
        done = subprocess.run([sys.executable, str(MAKE), str(work)], cwd=machine.ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"the forests could not be trained: {done.stderr[-1000:]}")
    sources = [MAKE, *(FLIGHT / "training" / f"{one}.py" for one in ("export", "flights", "forest", "train"))]
    folder = cache.once(f"bench-forests-{cache.key_of(*sources)}", make, "training the larger forests of the benches")
    return str(folder / f"forest_{name}.onnx")
