"""promtool, Prometheus' own checker: the one on the PATH, else the binary out of Debian's package. The package is
unpacked, not installed: installing it would start a service.

SPDX-License-Identifier: Apache-2.0
"""
import os
import shutil
import subprocess

from . import cache


def _download(work):
    try:
        cache.run("apt-get", "download", "prometheus", cwd=work)
    except RuntimeError:  # a machine that never asked for the lists of packages
        cache.run(*([] if os.geteuid() == 0 else ["sudo"]), "apt-get", "update", "-q")
        cache.run("apt-get", "download", "prometheus", cwd=work)


def _unpack(work):
    _download(work)
    package = next(work.glob("prometheus_*.deb"))
    cache.run("dpkg", "-x", package, work / "all")
    shutil.move(work / "all" / "usr" / "bin" / "promtool", work / "promtool")
    shutil.rmtree(work / "all")
    package.unlink()


def path():
    return shutil.which("promtool") or cache.once("promtool-1", _unpack, "fetching promtool") / "promtool"


def prepare():
    path()


def complaints(text):
    """What `promtool check metrics` says about a text of /metrics, its advice too; nothing for a good one."""
    result = subprocess.run([path(), "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    return result.stdout if result.returncode != 0 or result.stdout else ""
