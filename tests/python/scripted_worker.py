"""A worker that speaks frames and does what its argument says, without an Executor."""

import json
import os
import signal
import socket
import struct
import sys

HEADER = struct.Struct("<IBBHQQ")
HELLO, DRAIN = 1, 10


def read(channel: socket.socket, size: int) -> bytes:
    out = b""
    while len(out) < size:
        piece = channel.recv(size - len(out))
        if not piece:
            os._exit(9)
        out += piece
    return out


def frame(channel: socket.socket) -> tuple[int, bytes]:
    length, kind, _flags, _aux, _call, _arg = HEADER.unpack(read(channel, HEADER.size))
    return kind, read(channel, length)


def main(script: str) -> None:
    channel = socket.socket(fileno=os.dup(0))
    channel.recvmsg(1, 64)
    hello = json.loads(frame(channel)[1])
    frame(channel)
    if script == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if script == "hang":
        frame(channel)
    hello["endpoints"] = [{"name": "/x", "sync": False}]
    body = json.dumps(hello).encode()
    channel.sendall(HEADER.pack(len(body), HELLO, 0, 0, 0, 0) + body)
    if script == "die":
        os._exit(3)
    while True:
        kind, _ = frame(channel)
        if kind == DRAIN and script != "stay":
            os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
