"""Files and functions that documents name exist: `path/to/file.cc`, `path/to/file.cc:function`."""
import os
import re

import common

NAMED = re.compile(r"`((?:src|web|tests|bench|fuzz|docs|tools|cmake|deploy)/[\w./-]*)(?::([\w:~]+))?`")


def check(root):
    faults = []
    for path in common.tracked(root, ".md"):
        if "node_modules" in path:
            continue
        for line, text in enumerate(common.read(root, path).split("\n"), 1):
            for name, symbol in NAMED.findall(text):
                target = os.path.join(root, name)
                if not os.path.exists(target):
                    if name not in ("web/dist",):
                        faults.append(f"{path}:{line}: {name} does not exist")
                elif symbol and not symbol.isdigit():
                    if symbol.split("::")[-1] not in common.read(root, name):
                        faults.append(f"{path}:{line}: {name} has no {symbol}")
    return faults


if __name__ == "__main__":
    common.finish("documents", check(common.root_from_arguments()))
