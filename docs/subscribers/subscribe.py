#!/usr/bin/env python3
"""A subscriber in Python, of the standard library alone: prints a line for each event that is meant to wake somebody.

    subscribe.py nats://user:password@n1:4222

It hears what comes while it listens, as every core subscription of NATS does. What must not be missed takes a consumer of
JetStream: see main.go, or nats-py.
"""

import json
import socket
import ssl
import sys
from urllib.parse import urlsplit

SUBJECT = "plimsoll.v1.*.*.event.>"


def listen(url):
    """Yield each event, as it is in the stream (docs/schemas/event.v1.schema.json)."""
    at = urlsplit(url)
    conn = socket.create_connection((at.hostname, at.port or 4222))
    lines = conn.makefile("rb")
    info = json.loads(lines.readline().split(b" ", 1)[1])  # https://docs.nats.io/reference/reference-protocols/nats-protocol
    if info.get("tls_required") or at.scheme == "tls":
        conn = ssl.create_default_context().wrap_socket(conn, server_hostname=at.hostname)
        lines = conn.makefile("rb")
    hello = {"verbose": False, "headers": True, "name": "pager", "lang": "python", "version": "1"}
    if at.username:
        hello.update(user=at.username, **{"pass": at.password or ""})
    conn.sendall(f"CONNECT {json.dumps(hello)}\r\nSUB {SUBJECT} 1\r\nPING\r\n".encode())
    for line in lines:
        word, *args = line.decode().split()
        if word == "PING":
            conn.sendall(b"PONG\r\n")
        elif word == "PONG":
            print("listening", file=sys.stderr, flush=True)
        elif word == "MSG":
            yield json.loads(lines.read(int(args[-1]) + 2))
        elif word == "HMSG":  # the sizes of the headers, and of these and the event
            yield json.loads(lines.read(int(args[-1]) + 2)[int(args[-2]):])
        elif word == "-ERR":
            raise OSError(line.decode().strip())
    raise OSError("the server has closed the connection")


def main():
    for event in listen(sys.argv[1] if len(sys.argv) > 1 else "nats://127.0.0.1:4222"):
        data = event["data"]
        if data["notify"] == "now":
            print(event["time"][:19] + "Z", data["severity"], event["source"], data["text"], flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except OSError as e:
        sys.exit(f"subscribe: {e}")
