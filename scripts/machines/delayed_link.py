"""A link that takes time: delayed_link.py NAME NAME. Makes two TUN devices and carries each one's packets to the other,
as many milliseconds later as the last line of standard input says. For kernels without netem."""
import fcntl
import heapq
import os
import selectors
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MOST_BYTES = 65536


def open_tun(name):
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22s", name.encode(), IFF_TUN | IFF_NO_PI, b""))
    return file


ends = [open_tun(name) for name in sys.argv[1:3]]
other = {ends[0]: ends[1], ends[1]: ends[0]}
selector = selectors.EpollSelector()
for file in (*ends, sys.stdin.fileno()):
    selector.register(file, selectors.EVENT_READ)
print("ready", flush=True)
delay, number, under_way = 0.0, 0, []
while True:
    wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
    for key, _ in selector.select(wait):
        if key.fd == sys.stdin.fileno():
            line = os.read(key.fd, 100).decode().split()
            if not line:
                sys.exit()
            delay = float(line[-1]) / 1000
            continue
        packet = os.read(key.fd, MOST_BYTES)
        number += 1
        heapq.heappush(under_way, (time.monotonic() + delay, number, other[key.fd], packet))
    while under_way and under_way[0][0] <= time.monotonic():
        _, _, target, packet = heapq.heappop(under_way)
        try:
            os.write(target, packet)
        except OSError:  # Its reader is gone, or has no room: a link loses packets.
            pass
