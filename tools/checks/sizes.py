"""Files and functions stay small: house-style.md, "Size". Generated files and pure tables are exempt."""
import re

import common

LIMITS = {".cc": 600, ".h": 400, ".ts": 300, ".tsx": 300, ".mjs": 300, ".py": 300}
FUNCTION_LIMIT = 70
PARAMETER_LIMIT = 6


def long_functions(text):
    """(line, length) of functions that are too long. With our format a body ends with a brace no further
    right than the line that opens it."""
    lines = text.split("\n")
    found = []
    for start, line in enumerate(lines):
        opens = re.match(r"^(\s*)(?!\s|namespace|struct|class|enum|union|extern|\}).*\)[^;=]*\{$", line)
        if not opens:
            continue
        indent = len(opens.group(1))
        for end in range(start + 1, len(lines)):
            closes = re.match(r"^(\s*)}(?! else)", lines[end])
            if closes and len(closes.group(1)) <= indent:
                if end - start + 1 > FUNCTION_LIMIT:
                    found.append((start + 1, end - start + 1))
                break
    return found


def check(root):
    faults = []
    for path in common.tracked(root, *LIMITS):
        if "node_modules" in path or not path.startswith(("src/", "web/", "tests/", "bench/", "fuzz/", "tools/")):
            continue
        text = common.read(root, path)
        suffix = path[path.rindex("."):]
        length = text.count("\n")
        if length > LIMITS[suffix]:
            faults.append(f"{path}: {length} lines, the limit is {LIMITS[suffix]}")
        if suffix in (".cc", ".h"):
            for line, size in long_functions(text):
                faults.append(f"{path}:{line}: a function of {size} lines, the limit is {FUNCTION_LIMIT}")
    return faults


if __name__ == "__main__":
    common.finish("sizes", check(common.root_from_arguments()))
