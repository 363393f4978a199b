"""The cache folder: what is slow to download or build is made there once, keyed by what it is made from.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

SUPPORT = pathlib.Path(__file__).resolve().parent.parent


def folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = pathlib.Path(base) / "headrace"
    path.mkdir(parents=True, exist_ok=True)
    return path


def key_of(*contents):
    """A short key of files (paths) and words (strings)."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content.read_bytes() if isinstance(content, pathlib.Path) else content.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:12]


def run(*command, cwd=None, env=None):
    """Runs a command quietly; its output is in the error where it fails."""
    result = subprocess.run([str(word) for word in command], cwd=cwd, env=env, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise RuntimeError(f"{command[0]} exited with {result.returncode}:\n{result.stdout[-8000:]}")
    return result.stdout


def once(name, make, says):
    """The folder NAME of the cache; make(folder) fills it the first time. A half-made one never shows."""
    target = folder() / name
    if target.exists():
        return target
    with locked(name):
        if target.exists():
            return target
        print(f"== {says}", flush=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}.", dir=folder()))
        try:
            make(work)
            work.chmod(0o755)
            work.rename(target)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise
    return target


@contextlib.contextmanager
def locked(name):
    with open(folder() / f"{name}.lock", "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def jars(pom):
    """The folder with the jars that a pom.xml asks for."""
    def make(work):
        shutil.copy(pom, work / "pom.xml")
        run("mvn", "-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime",
            "-DoutputDirectory=libs", cwd=work)
    name = pom.parent.name
    return once(f"{name}-{key_of(pom)}", make, f"fetching the jars of {name} from Maven") / "libs"
