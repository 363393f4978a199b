"""Real servers for the tests and for `./dev up`: started on 127.0.0.1, on free ports, stopped by pid.

SPDX-License-Identifier: Apache-2.0
"""
