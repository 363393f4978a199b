"""A server process of ours: started with a log file, waited for by a condition, stopped by its pid.

SPDX-License-Identifier: Apache-2.0
"""
import ctypes
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

STARTUP_S = 60  # a start takes 1 to 3 s; a busy machine is given time
_libc = ctypes.CDLL(None)
_claims = []  # of ports, held to the end of this process


def wait_until(condition, limit_s, what, interval_s=0.02):
    """Calls condition() until it returns something true, which is returned; fails after limit_s."""
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {limit_s} s: {what}")
        time.sleep(interval_s)


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _claim(port):
    """True for one process at a time: a port is free until its server listens, and that takes a while."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0headrace-test-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def free_port(wanted=None):
    """A free port below the ephemeral range, given to nobody else: a restarted server must find its port free again,
    and a client that keeps calling a stopped server must not be given that very port as its own."""
    if wanted and port_is_free(wanted):
        return wanted
    while True:
        port = random.randrange(15000, 32000)
        if _claim(port) and port_is_free(port):
            return port


def port_answers(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _die_with_parent():
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: no server outlives a killed test run


class Process:
    """One process and its log. detached: it outlives us (./dev up); else the kernel ends it with us."""

    def __init__(self, name, folder, detached=False):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log_path = self.folder / f"{name}.log"
        self.detached = detached
        self.popen = None

    @property
    def pid(self):
        return self.popen.pid

    def launch(self, command, env=None, cwd=None, output_path=None):
        """Its output goes to the log too, or to a file of its own."""
        assert not self.alive(), f"{self.name} runs already"
        with open(self.log_path, "ab") as log, open(output_path or self.log_path, "ab") as output:
            self.popen = subprocess.Popen(
                [str(word) for word in command], cwd=cwd or self.folder, env=env,
                stdin=subprocess.DEVNULL, stdout=output, stderr=log, start_new_session=self.detached,
                preexec_fn=None if self.detached else _die_with_parent)

    def alive(self):
        return self.popen is not None and self.popen.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_ready(self, condition, limit_s=STARTUP_S):
        def ready():
            if not self.alive():
                raise RuntimeError(f"{self.name} ended with {self.popen.returncode}:\n{self.log()[-4000:]}")
            return condition()
        wait_until(ready, limit_s, f"{self.name} is not ready; its log ends:\n{self.log()[-4000:]}")

    def stop(self, limit_s=20):
        """SIGTERM; SIGKILL after limit_s."""
        if self.alive():
            self.popen.send_signal(signal.SIGCONT)
            self.popen.terminate()
            try:
                self.popen.wait(limit_s)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        if self.alive():
            self.popen.kill()
            self.popen.wait()

    def pause(self):
        """SIGSTOP: connections stay open and nothing answers. Returns when none of its threads runs any more."""
        os.kill(self.pid, signal.SIGSTOP)
        wait_until(self._stands_still, 30, f"{self.name} goes on")

    def _stands_still(self):
        try:
            return all("\nState:\tT" in (task / "status").read_text()
                       for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir())
        except OSError:
            return False  # a thread that ends

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)
