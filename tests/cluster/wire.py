#!/usr/bin/env python3
"""A wire between two network namespaces: an interface eth0 in each, and this process in between, which carries frames.

usage: wire.py NAMESPACE NAMESPACE [DELAY JITTER]    milliseconds; prints "ready" once both interfaces are there

A frame arrives DELAY later, and up to JITTER more, by random numbers of a fixed seed: frames overtake each other where
JITTER is longer than the time between them. Ends with its standard input, and takes the interfaces with it.
"""
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000


def open_interface(namespace):
    """The file descriptor through which the frames of `namespace`'s new eth0 go."""
    space = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(space, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"cannot enter the network namespace {namespace}")
    os.close(space)
    interface = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(interface, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TAP | IFF_NO_PI))
    return interface


def deliver(interface, frame):
    try:
        os.write(interface, frame)
    except OSError:
        pass  # the link is down: the frame is lost


def carry(ends, delay, jitter):
    """Until standard input ends."""
    chance, sent, waiting = random.Random(1), 0, []
    while True:
        until = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([*ends, sys.stdin], [], [], until)
        if sys.stdin in readable:
            return
        for end in readable:
            try:
                frame = os.read(end, 1 << 16)
            except OSError:
                time.sleep(0.001)  # the link is down
                continue
            sent += 1
            due = time.monotonic() + delay + chance.uniform(0, jitter)
            heapq.heappush(waiting, (due, sent, ends[1 - ends.index(end)], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(waiting)
            deliver(end, frame)


def main():
    ends = [open_interface(namespace) for namespace in sys.argv[1:3]]
    print("ready", flush=True)
    delay, jitter = (float(ms) / 1000 for ms in (sys.argv[3:5] or ("0", "0")))
    carry(ends, delay, jitter)


if __name__ == "__main__":
    main()
