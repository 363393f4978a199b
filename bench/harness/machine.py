"""The machine that a run is made on: what it is, what is installed, what else takes its time, and its memory.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADRACE = pathlib.Path(os.environ.get("HEADRACE", ROOT / "build/release/headrace")).resolve()
TOUCH_MIB = 2048


def tool(name):
    """A program of bench/tools, built beside headrace."""
    return str(HEADRACE.parent / f"bench_{name}")


def output(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, cwd=ROOT)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def first(pattern, text, default="unknown"):
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else default


def machine():
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    meminfo = pathlib.Path("/proc/meminfo").read_text()
    release = pathlib.Path("/etc/os-release")
    return {"cpu": first(r"^model name\s*:\s*(.*)", cpuinfo), "cores": os.cpu_count(),
            "virtual": "hypervisor" in first(r"^flags\s*:\s*(.*)", cpuinfo, ""),
            "memory_gib": round(int(first(r"^MemTotal:\s*(\d+)", meminfo, "0")) / 2**20, 1),
            "kernel": platform.release(), "arch": platform.machine(),
            "os": first(r'^PRETTY_NAME="?([^"\n]*)', release.read_text() if release.exists() else "")}


def versions():
    text = output(str(HEADRACE), "version")
    return {"headrace": first(r"^headrace (\S+)", text), "librdkafka": first(r"^\s*librdkafka\s+(\S+)", text),
            "compiler": first(r"^\s*compiler\s+(.*)", text), "python": platform.python_version(),
            "java": first(r'version "([^"]*)"', output("java", "-version")), "kafka": kafka_version()}


def kafka_version():
    pom = (ROOT / "tests/support/kafka/pom.xml").read_text()
    return first(r"<artifactId>kafka_[\d.]+</artifactId>\s*<version>([\d.]+)", pom)


def commit():
    """The commit, with + behind it where the tree has changes."""
    changed = output("git", "status", "--porcelain", "--untracked-files=no").strip()
    return first(r"^([0-9a-f]{12})", output("git", "rev-parse", "HEAD")) + ("+" if changed else "")


def touch_memory(mib=TOUCH_MIB):
    """The first touch of a page is dear on virtual machines: it is paid before a run, not in it."""
    subprocess.run([tool("touch"), str(mib)], check=True)


class CpuTimes:
    """Shares of the machine's time since it was made, from /proc/stat."""

    def __init__(self):
        self.start = self._read()

    @staticmethod
    def _read():
        return [int(word) for word in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]

    def shares(self):
        """(stolen by the host, idle)"""
        spent = [now - then for now, then in zip(self._read(), self.start)]
        total = max(1, sum(spent))
        return spent[7] / total, (spent[3] + spent[4]) / total
