"""The program under test as a process: started with arguments, watched by its log, stopped or killed.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import re
import signal
import subprocess

from services.process import Process, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("HEADRACE", str(ROOT / "build" / "release" / "headrace"))


class Headrace(Process):
    """Runs in the root of the tree. Its standard error is the log; its standard output is kept apart."""

    def __init__(self, folder, name="headrace"):
        super().__init__(name, folder)
        self.output_path = self.folder / f"{name}.out"

    def run(self, *arguments, env=None):
        """Starts it, and returns itself."""
        self.launch([BINARY, *arguments], env={**os.environ, **(env or {})}, cwd=ROOT,
                    output_path=self.output_path)
        return self

    def output(self):
        return self.output_path.read_text(errors="replace") if self.output_path.exists() else ""

    def wait_line(self, pattern, limit_s=30):
        """Waits for a line, in the log or in the output, that matches; returns the match."""
        def found():
            match = re.search(pattern, self.log() + "\n" + self.output(), re.MULTILINE)
            if match is None and not self.alive():
                raise AssertionError(f"{self.name} ended with {self.popen.returncode} without "
                                     f"a line like {pattern!r}:\n{self.tail()}")
            return match
        return wait_until(found, limit_s, f"no line like {pattern!r} in\n{self.tail()}")

    def tail(self, chars=6000):
        return f"{self.output()[-chars:]}\n--- log\n{self.log()[-chars:]}"

    def interrupt(self, number=signal.SIGTERM):
        self.popen.send_signal(number)

    def exit_code(self, limit_s=30):
        """Waits for the end."""
        try:
            return self.popen.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {limit_s} s:\n{self.tail()}") from None

    def expect_exit(self, code=0, limit_s=30):
        ended = self.exit_code(limit_s)
        assert ended == code, f"{self.name} ended with {ended}, not {code}:\n{self.tail()}"

    def stop_cleanly(self, limit_s=30):
        """SIGTERM; it must end by itself with 0. Before its first line a signal would simply end it."""
        self.wait_line("topology starts")
        self.interrupt()
        self.expect_exit(0, limit_s)
