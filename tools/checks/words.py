"""Words that the house does not use, where it does not use them."""
import re

import common

CODE = (".cc", ".h", ".ts", ".tsx", ".mjs", ".py")
# (what, where it is looked for, where it is allowed, why)
RULES = [
    (r"\bTODO\b(?!\(#\d+\))|\bFIXME\b|\bXXX\b", CODE, (), "say it in an issue"),
    (r"(?<![_\w])new [A-Z]\w*[({\[]", (".cc", ".h"), (), "make_unique owns; `new` only inside unique_ptr(...)"),
    (r"^\s*delete(\[\])? \w", (".cc", ".h"), (), "unique_ptr deletes"),
    (r"\breinterpret_cast\b", (".cc", ".h"),
     ("src/base/bytes.h", "src/net/", "src/media/shard/", "src/server/", "src/media/transport/"),
     "bytes are read through ByteReader"),
    (r"\bsleep_for\b|\busleep\(|\bnanosleep\(|waitForTimeout|\bDISABLED_|GTEST_SKIP|\b(it|test|describe)\.(skip|only)\(",
     CODE, ("src/server/app.cc", "tools/checks/"), "tests wait for facts, not for time"),
    (r"\bstd::(cout|cerr)\b|\bprintf\(", (".cc", ".h"),
     ("src/server/", "src/tools/", "bench/", "fuzz/", "tests/"), "log through base/log.h"),
    (r"catch \(\.\.\.\)", (".cc", ".h"), (), "never swallow"),
]


def check(root):
    faults = []
    for path in common.tracked(root, *CODE):
        if not path.startswith(("src/", "web/src/", "web/e2e/", "tests/", "bench/", "fuzz/", "tools/")):
            continue
        if path.startswith("tools/checks/"):
            continue
        for line, text in enumerate(common.read(root, path).split("\n"), 1):
            for pattern, suffixes, allowed, why in RULES:
                if not path.endswith(suffixes) or path.startswith(allowed or ("\0",)):
                    continue
                match = re.search(pattern, text)
                if match and "unique_ptr<" not in text and "placement" not in text:
                    faults.append(f"{path}:{line}: \"{match.group(0)}\": {why}")
    return faults


if __name__ == "__main__":
    common.finish("words", check(common.root_from_arguments()))
