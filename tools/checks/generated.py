"""Generated documents are what the program generates now.  usage: generated.py BUILD_FOLDER"""
import os
import subprocess
import sys

import common


def check(build):
    page = subprocess.run([os.path.join(build, "parley"), "config", "docs"], capture_output=True, text=True, check=True).stdout
    path = os.path.join(common.ROOT, "docs/options.md")
    written = common.read(common.ROOT, "docs/options.md") if os.path.exists(path) else ""
    return [] if page == written else ["docs/options.md is stale; run: build/release/parley config docs > docs/options.md"]


if __name__ == "__main__":
    common.finish("generated", check(sys.argv[1]))
