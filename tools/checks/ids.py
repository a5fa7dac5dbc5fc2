"""Every requirement of the seeds' checklist that is built has a test that carries its id: TEST(Config, CFG3_SaysThis) or
it('CFG-3: says this'). So a requirement cannot be lost with the test that proved it."""
import re

import common

# Built and proven.
BUILT = """ARC-2 ARC-4 CFG-1 CFG-2 CFG-3 CFG-4 CFG-5 CFG-6 CFG-7 DBS-1 DBS-2 DBS-3 DBS-4 MSG-1 MSG-2 MSG-3 MSG-4 MSG-5 MSG-6 MSG-7 RTM-1
RTM-2 RTM-3 RTM-4 SCL-2 SCL-3 SCL-4 SCL-5 SEC-1 SEC-3 TOK-1 TOK-2 TOK-3 TOK-4 TOK-5 TOK-6 TOK-7 TRB-1 TRB-2 TRB-6 WHK-1 WHK-2 WHK-3 WHK-4
WHK-5 WHK-6 WHK-7 WHK-8""".split()
# Not built, or proven by tests that do not carry its id yet. What gets its test moves up.
NOT_YET = """ARC-1 ARC-3 CAL-1 CAL-2 CAL-3 CAL-4 CAL-5 CAL-6 CFG-8 EGR-1 EGR-2 EGR-3 EGR-4 EGR-5 EML-1
MED-1 MED-2 MED-3 MED-4 MED-5 MED-6 MED-7 MED-8 MED-9 MED-10 MED-11 MSG-8 MSG-9
NET-1 NET-2 NET-3 OPS-1 OPS-2 OPS-3 PSH-1 PSH-2 PSH-3 PSH-4 PSH-5 PSH-6 SCL-1
SEC-2 SMS-1 SUP-1 SUP-2 SUP-3 SUP-4 SUP-5 SUP-6 SUP-7 TRB-3 TRB-4 TRB-5 TST-1 TST-2 TST-3 TST-4 TST-5""".split()

GOOGLE_TEST = re.compile(r"^TEST(?:_[FP])?\(\s*\w+,\s*(\w+)\s*\)", re.MULTILINE)
# Of vitest and Playwright; what stands between the word and the title is .each(...), with one pair of brackets within.
TITLED = re.compile(r"\b(?:it|test|describe)(?:\.\w+(?:\((?:[^()]|\([^()]*\))*\))?)*\(\s*(['\"`])((?:(?!\1).)*)\1")


def ids_of(path, text):
    """The ids in the names of a file's tests."""
    if path.endswith("_test.cc"):
        words = [word for name in GOOGLE_TEST.findall(text) for word in name.split("_")]
        return {f"{m[1]}-{m[2]}" for m in map(re.compile(r"([A-Z]{3})(\d+)").fullmatch, words) if m}
    return {found for _, title in TITLED.findall(text) for found in re.findall(r"\b[A-Z]{3}-\d+\b", title)}


def check(root):
    where = {}
    for path in common.tracked(root, "_test.cc", ".test.mjs", ".test.ts", ".test.tsx", ".spec.ts"):
        for found in ids_of(path, common.read(root, path)):
            where.setdefault(found, path)
    faults = [f"{name}: no test carries this id" for name in BUILT if name not in where]
    for name, path in sorted(where.items()):
        if name in NOT_YET:
            faults.append(f"{path}: {name} has its test now; move it to BUILT in tools/checks/ids.py")
        elif name not in BUILT:
            faults.append(f"{path}: {name} is no id of the checklist")
    return faults


if __name__ == "__main__":
    common.finish("ids", check(common.root_from_arguments()))
