"""clang-tidy with the set of .clang-tidy over every source of src/.  usage: tidy.py BUILD_FOLDER

A file whose content, headers' newest change and settings are those of its last clean run is not run again.
"""
import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys

import common


def fingerprint(build):
    """One hash over all headers and the settings: any change of these runs everything again."""
    digest = hashlib.sha256()
    for name in common.tracked(common.ROOT, ".h", ".proto", ".clang-tidy"):
        digest.update(common.read(common.ROOT, name).encode())
    return digest


def run_tidy(job):
    build, path = job
    run = subprocess.run(["clang-tidy-19", "-p", build, "--quiet", "--warnings-as-errors=*", path], capture_output=True, text=True)
    return path, run


def check(build):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        files = sorted({e["file"] for e in json.load(file) if e["file"].startswith(os.path.join(common.ROOT, "src/"))})
    files = [f for f in files if not f.endswith((".pb.cc", "_test.cc", "_fuzz.cc", "asio_impl.cc"))]
    cache_folder = os.path.join(build, "tidy")
    os.makedirs(cache_folder, exist_ok=True)
    base = fingerprint(build)
    jobs, marks = [], {}
    for path in files:
        digest = base.copy()
        digest.update(common.read("/", path).encode())
        marks[path] = os.path.join(cache_folder, digest.hexdigest())
        if not os.path.exists(marks[path]):
            jobs.append((build, path))
    faults = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, run in pool.map(run_tidy, jobs):
            if run.returncode == 0:
                open(marks[path], "w", encoding="utf-8").close()
            else:
                faults += [line.replace(common.ROOT + "/", "") for line in run.stdout.split("\n") if "error:" in line]
    return sorted(set(faults))


if __name__ == "__main__":
    common.finish("tidy", check(sys.argv[1]))
