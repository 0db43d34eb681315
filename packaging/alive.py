#!/usr/bin/env python3
"""The image's health check: whether the server in this container answers."""

from __future__ import annotations

import http.client
import os
import sys

server = http.client.HTTPConnection("localhost", int(os.environ["METARR_PORT"]), timeout=4)
try:
    server.request("GET", "/health/live")
    status = server.getresponse().status
except OSError as error:
    sys.exit(f"no answer: {error}")
sys.exit(None if status == http.HTTPStatus.OK else f"answered {status}")
