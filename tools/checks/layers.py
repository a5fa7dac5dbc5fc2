"""A module includes only itself and the modules that its parley_module() line names."""
import os
import re

import common


def is_for_tests(path):
    """Tests and their headers may include the TEST_DEPS; the build sees to it that nothing else does."""
    return path.endswith(("_test.cc", "_fuzz.cc")) or os.path.basename(path).startswith("test_")


def check(root):
    names = common.modules(root)
    faults = []
    for path in common.tracked(root, ".h", ".cc"):
        if not path.startswith("src/"):
            continue
        module = common.module_of(path[len("src/"):], names)
        if module is None:
            faults.append(f"{path}: belongs to no module of src/CMakeLists.txt")
            continue
        allowed = {module, *names[module]["deps"]}
        for line, text in enumerate(common.read(root, path).split("\n"), 1):
            match = re.match(r'\s*#include "([^"]+)"', text)
            if not match:
                continue
            target = common.module_of(match.group(1), names)
            if target is None:
                faults.append(f"{path}:{line}: \"{match.group(1)}\" is in no module; includes are relative to src/")
            elif target not in allowed and not is_for_tests(path):
                faults.append(f"{path}:{line}: {module} may not include {target}")
    return faults


if __name__ == "__main__":
    common.finish("layers", check(common.root_from_arguments()))
