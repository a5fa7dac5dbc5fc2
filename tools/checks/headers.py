"""Every header compiles alone.  usage: headers.py BUILD_FOLDER"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys

import common


def flags_of(build):
    """Compiler and flags of each module, from the one of its compile commands that sees most: a test's."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    flags = {}
    for entry in commands:
        words = entry["command"].split()
        while words and "clang" not in os.path.basename(words[0]):
            words.pop(0)
        kept = [w for w in words[1:] if re.match(r"-(I|D|std)", w)]
        for at, word in enumerate(words):
            if word == "-isystem":
                kept += [word, words[at + 1]]
        path = os.path.relpath(entry["file"], os.path.join(common.ROOT, "src"))
        if len(kept) > len(flags.get(os.path.dirname(path), ("", []))[1]):
            flags[os.path.dirname(path)] = (words[0], kept)
    return flags


def compile_alone(job):
    compiler, flags, header = job
    run = subprocess.run([compiler, *flags, "-x", "c++", "-fsyntax-only", "-Wno-pragma-once-outside-header", header],
                         capture_output=True, text=True)
    return header, run


def check(build):
    flags = flags_of(build)
    jobs = []
    for header in common.tracked(common.ROOT, ".h"):
        folder = os.path.dirname(header)[len("src/"):]
        if header.startswith("src/") and folder in flags:
            jobs.append((*flags[folder], os.path.join(common.ROOT, header)))
    faults = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, run in pool.map(compile_alone, jobs):
            if run.returncode != 0:
                faults.append(f"{os.path.relpath(header, common.ROOT)}: {run.stderr.strip().splitlines()[0]}")
    return faults if jobs else ["no header was found to compile"]


if __name__ == "__main__":
    common.finish("headers", check(sys.argv[1]))
