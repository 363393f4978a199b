"""mongosh, MongoDB's shell, from npm: for the tests of docs/CHECKS.md. 2.5 is the last line that talks to a server of
MongoDB 3.6's protocol, which mongo-java-server speaks.

SPDX-License-Identifier: Apache-2.0
"""
import shutil

from . import cache

FILES = cache.SUPPORT / "mongosh"


def _install(work):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(FILES / name, work / name)
    cache.run("npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", cwd=work)


def path():
    name = f"mongosh-{cache.key_of(FILES / 'package-lock.json')}"
    return cache.once(name, _install, "fetching mongosh from npm") / "node_modules" / ".bin" / "mongosh"


def prepare():
    path()
