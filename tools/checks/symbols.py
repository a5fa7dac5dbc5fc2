"""Sans-IO libraries use no clock, socket, thread, file or randomness: looks at what their objects need to be linked.

usage: symbols.py --build BUILD_FOLDER, or symbols.py LIBRARY...
"""
import os
import re
import subprocess
import sys

import common

BANNED = re.compile(
    r"^(clock_gettime|gettimeofday|time|nanosleep|usleep|sleep|clock_nanosleep"
    r"|socket|bind|listen|accept4?|connect|sendto|sendmsg|sendmmsg|recvfrom|recvmsg|recvmmsg|select|poll|epoll_\w+"
    r"|open|open64|fopen|fopen64|read|write|pthread_create|fork|execve|system|getenv"
    r"|rand|random|srand|getrandom|getentropy|arc4random|RAND_bytes"
    r"|_ZNSt6chrono\w*3nowEv|_ZNSt6thread\w*|_ZNSt13random_device\w*|_ZNSt18condition_variable\w*)$")

# What a library may need in spite of the rule, each with its reason.
ALLOWED = {
    # A certificate is made once per process and needs OpenSSL's own randomness.
    "libmedia_transport.a": {"RAND_bytes"},
}


def check(libraries):
    faults = []
    for library in libraries:
        listing = subprocess.run(["nm", "--undefined-only", "--format=posix", library], capture_output=True, text=True, check=True)
        allowed = ALLOWED.get(os.path.basename(library), set())
        for line in listing.stdout.split("\n"):
            symbol = line.split(" ")[0].split("@")[0]
            if BANNED.match(symbol) and symbol not in allowed:
                faults.append(f"{os.path.basename(library)} needs {symbol}")
    return sorted(set(faults))


def sans_io_libraries(build):
    found = []
    for name, module in common.modules(common.ROOT).items():
        library = os.path.join(build, "src", "lib" + name.replace("/", "_") + ".a")
        if module["sans_io"] and os.path.exists(library):
            found.append(library)
    return found


if __name__ == "__main__":
    given = sys.argv[1:]
    libraries = sans_io_libraries(given[1]) if given[:1] == ["--build"] else given
    if not libraries:
        sys.exit("symbols: no library to look at")
    common.finish("symbols", check(libraries))
