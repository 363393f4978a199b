"""Counts what a test stage did: ctest's and pytest's JUnit files in, "PASSED FAILED" out.

A cmocka program is one test to ctest and many to us, so its own lines are counted where its output
has them. Whatever did not run counts as failed in CI: a test that is skipped there proves nothing.
SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

CMOCKA_OK = re.compile(r"^\[       OK \]", re.MULTILINE)
CMOCKA_FAILED = re.compile(r"^\[  FAILED  \] (?!\d+ test\(s\)).*$", re.MULTILINE)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # not allowed in XML, but tests print them
CMOCKA_SKIPPED = re.compile(r"^\[  SKIPPED \] ", re.MULTILINE)


def outcome(case):
    """One of passed, failed, skipped, for a <testcase> of ctest or pytest."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


def count_case(case):
    """(passed, failed, skipped) of one <testcase>."""
    state = outcome(case)
    output = case.findtext("system-out") or ""
    passed = len(CMOCKA_OK.findall(output))
    skipped = len(CMOCKA_SKIPPED.findall(output))
    if passed + skipped == 0:
        return (state == "passed", state == "failed", state == "skipped")
    failed = len(set(CMOCKA_FAILED.findall(output)))
    return (passed, max(failed, state == "failed"), skipped)


def count_file(path):
    totals = [0, 0, 0]
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            tree = ElementTree.fromstring(CONTROL.sub("?", file.read()).partition("?>")[2])
        for case in tree.iter("testcase"):
            totals = [a + b for a, b in zip(totals, count_case(case))]
    return totals


def main():
    totals = [0, 0, 0]
    for path in sys.argv[1:]:
        totals = [a + b for a, b in zip(totals, count_file(path))]
    passed, failed, skipped = totals
    if os.environ.get("CI") == "true":
        failed += skipped
    print(passed, failed)


if __name__ == "__main__":
    main()
