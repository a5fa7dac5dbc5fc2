"""C++ is formatted as .clang-format says."""
import os
import subprocess

import common


def check(root):
    files = [os.path.join(root, f) for f in common.tracked(root, ".h", ".cc") if f.startswith(("src/", "tests/", "bench/", "fuzz/"))]
    run = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *files], capture_output=True, text=True)
    return [line.replace(root + "/", "") for line in run.stderr.split("\n") if "error:" in line]


if __name__ == "__main__":
    common.finish("format", check(common.root_from_arguments()))
