#!/usr/bin/env python3
"""Strangers at every port that something listens to in this network namespace, as soon as it does, until killed.

usage: strangers.py HOST    how to reach this machine

At each port one connection says nothing, one says a letter at a time, one sends without end, some send what other
programs would, and some close at once, as a scan of ports does. Prints each port that it has come to.
"""
import socket
import sys
import time

SAID = [
    b"",
    b"GET / HTTP/1.1\r\nHost: tally\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),  # a greeting of TLS
    b"hello 0.2.0 1 x - nobody\nfailed the disk is full\n",
    b"\n" * 4096,
    b"\xff" * 1024,
    bytes(8),
    bytes(1 << 16),
]
LISTENS = "0A"


def listening():
    ports = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in open(table).readlines()[1:]:
            words = line.split()
            if words[3] == LISTENS:
                ports.add(int(words[1].rsplit(":", 1)[1], 16))
    return ports


class Visit:
    """The connections to one port."""

    def __init__(self, host, port):
        self.address, self.open = (host, port), []
        for said in SAID * 2:
            self.connect(said)
        for _ in range(20):
            self.connect(b"").close()
        self.slow, self.loud = self.connect(b""), self.connect(b"")

    def connect(self, said):
        connection = socket.socket()
        connection.setblocking(False)
        try:
            connection.connect(self.address)
        except BlockingIOError:
            time.sleep(0.001)
        self.open.append(connection)
        self.send(connection, said)
        return connection

    @staticmethod
    def send(connection, said):
        try:
            connection.send(said)
        except OSError:
            pass  # it was shown out, or its buffer is full

    def go_on(self):
        self.send(self.slow, b"h")
        self.send(self.loud, b"x" * 50 + b"\n")
        self.connect(b"").close()


def main():
    visits = {}
    while True:
        for port in listening() - visits.keys():
            visits[port] = Visit(sys.argv[1], port)
            print("port", port, flush=True)
        for visit in visits.values():
            visit.go_on()
        time.sleep(0.02)


if __name__ == "__main__":
    main()
