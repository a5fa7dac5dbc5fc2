"""What the checks share: the files they look at, and how they report."""
import os
import re
import subprocess
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def tracked(root, *suffixes):
    """Files git knows (or would add) below root with one of the suffixes; all files where root is no checkout."""
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True)
    if listing.returncode == 0 and os.path.exists(os.path.join(root, ".git")):
        names = listing.stdout.split("\n")
    else:
        names = [os.path.relpath(os.path.join(folder, name), root) for folder, _, files in os.walk(root) for name in files]
    return sorted(n for n in set(names) if n.endswith(suffixes) and os.path.isfile(os.path.join(root, n)))


def read(root, name):
    with open(os.path.join(root, name), encoding="utf-8") as file:
        return file.read()


def modules(root):
    """{module path: {"deps": [...], "sans_io": bool}} from the parley_module() lines of src/CMakeLists.txt."""
    text = re.sub(r"#.*", "", read(root, "src/CMakeLists.txt"))
    found = {}
    for call in re.findall(r"parley_module\(([^)]*)\)", text):
        words = call.split()
        name, mode, deps, sans_io = words[0], None, [], False
        for word in words[1:]:
            if word == "SANS_IO":
                sans_io = True
            elif word in ("DEPS", "LIBS", "TEST_LIBS", "TEST_DEPS"):
                mode = word
            elif mode == "DEPS":
                deps.append(word)
        found[name] = {"deps": deps, "sans_io": sans_io}
    return found


def module_of(path, names):
    """The module that a path below src/ belongs to: the longest module name that is its folder."""
    folder = os.path.dirname(path)
    while folder:
        if folder in names:
            return folder
        folder = os.path.dirname(folder)
    return None


def finish(check, faults):
    """Prints the faults and ends the program."""
    for fault in faults:
        print(f"{check}: {fault}")
    sys.exit(1 if faults else 0)


def root_from_arguments():
    return os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ROOT
