# SPDX-License-Identifier: Apache-2.0
"""The training code of the flight topology is imported from where it stands, its fixtures too."""
import os
import sys
from pathlib import Path

import pytest

TRAINING = Path(__file__).resolve().parents[2] / "topologies" / "flight_delay" / "training"
sys.path.insert(0, str(TRAINING))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    """A machine without the data set skips; in CI that is a failure."""
    outcome = yield
    report = outcome.get_result()
    if os.environ.get("CI") == "true" and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure in CI: {report.longrepr}"
