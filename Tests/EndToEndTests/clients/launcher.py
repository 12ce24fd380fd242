"""Prepares what a process inherits, and becomes that process: `python3 launcher.py WHAT PROGRAM FLAGS…`."""

import os
import resource
import shutil
import socket
import sys

what, program, flags = sys.argv[1], sys.argv[2], sys.argv[3:]


def listening(number):
    """A listening socket with that descriptor."""
    one = socket.create_server(("127.0.0.1", 0))
    os.dup2(one.fileno(), number, inheritable=True)


if what == "descriptor":
    listening(9)
elif what == "activation":
    # Opened first, so that neither takes a descriptor that the other one needs.
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    copies = [os.dup2(one.fileno(), 20 + index) for index, one in enumerate(sockets)]
    for index, copy in enumerate(copies):
        os.dup2(copy, 3 + index, inheritable=True)
    os.environ["LISTEN_FDS"] = "2"
    os.environ["LISTEN_PID"] = str(os.getpid())
elif what == "stale":
    # A socket that nobody listens on any more.
    socket.socket(socket.AF_UNIX).bind(os.path.join(os.environ["TMPDIR"], "socket"))
elif what == "configuration":
    # A file in the form that operators write.
    with open(os.path.join(os.environ["TMPDIR"], "sagi.yaml"), "w") as file:
        file.write("# what is served\nbind: [\"127.0.0.1:0\"]\nlimit:\n  body: 5\nserver-field: file\n")
elif what == "supervised":
    # The same for a program with workers, which a test rewrites.
    folder = os.environ["TMPDIR"]
    with open(os.path.join(folder, "sagi.yaml"), "w") as file:
        file.write(f"bind: [\"127.0.0.1:0\", \"unix:{folder}/first\"]\nworkers: 2\nserver-field: file\n")
elif what == "address":
    # The socket of a service manager, and the flag that says where it listens.
    one = socket.create_server(("127.0.0.1", 0))
    os.dup2(one.fileno(), 3, inheritable=True)
    os.environ["LISTEN_FDS"] = "1"
    os.environ["LISTEN_PID"] = str(os.getpid())
    flags += ["--bind", "127.0.0.1:%d" % one.getsockname()[1]]
elif what == "session":
    os.setsid()
elif what == "poor":
    resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
elif what == "live":
    # A certificate that a test can replace. The folder with the certificates comes before the program.
    folder, program, flags = program, flags[0], flags[1:]
    for kind in ("pem", "key"):
        shutil.copy(os.path.join(folder, f"server.{kind}"), os.path.join(os.environ["TMPDIR"], f"live.{kind}"))
os.execv(program, [program] + flags)
