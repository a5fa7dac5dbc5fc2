"""Each check finds a fault planted for it, and finds nothing in the same tree without the fault."""
import os
import subprocess
import sys
import tempfile
import unittest

import common
import documents
import format as formatting
import ids
import layers
import sizes
import symbols
import words

CMAKE = "parley_module(base SANS_IO)\nparley_module(media/wire SANS_IO DEPS base)\nparley_module(net DEPS base)\n"
GOOD = "#pragma once\n\nnamespace parley {\n\ninline int one() { return 1; }\n\n}  // namespace parley\n"


class PlantedFaults(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = self.folder.name
        self.write("src/CMakeLists.txt", CMAKE)
        self.write("src/base/good.h", GOOD)
        with open(os.path.join(common.ROOT, ".clang-format"), encoding="utf-8") as file:
            self.write(".clang-format", file.read())

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def expect_found(self, check, name, text):
        self.assertEqual(check(self.root), [])
        self.write(name, text)
        self.assertEqual(len(check(self.root)), 1, check(self.root))

    def test_an_include_against_the_layers(self):
        self.write("src/net/server.h", GOOD)
        self.expect_found(layers.check, "src/media/wire/bad.h", '#include "base/good.h"\n#include "net/server.h"\n')

    def test_a_file_outside_every_module(self):
        self.expect_found(layers.check, "src/other/lost.h", GOOD)

    def test_a_file_that_is_too_long(self):
        self.expect_found(sizes.check, "src/base/long.h", GOOD + "// x\n" * 400)

    def test_a_function_that_is_too_long(self):
        self.expect_found(sizes.check, "src/base/long.cc", "int f(int x) {\n" + "  x += 1;\n" * 80 + "  return x;\n}\n")

    def test_a_note_to_oneself(self):
        self.expect_found(words.check, "src/base/note.cc", "// TO" + "DO: later\n")

    def test_a_cast_outside_its_folders(self):
        self.expect_found(words.check, "src/media/wire/cast.cc", "auto* p = reinterpret_" + "cast<int*>(q);\n")

    def test_a_test_that_waits(self):
        self.expect_found(words.check, "tests/sim/slow.cc", "std::this_thread::sleep_" + "for(1s);\n")

    def test_a_skipped_test(self):
        self.expect_found(words.check, "tests/interop/x.mjs", "it.sk" + "ip('x', () => {});\n")

    def name_all_ids(self):
        names = "".join(f"TEST(All, {name.replace('-', '')}_Holds) {{}}\n" for name in ids.BUILT[1:])
        self.write("src/base/all_test.cc", names)
        self.write("tests/interop/all.test.mjs", f"describe.each(modes(1))('{ids.BUILT[0]}: %s', () => {{}});\n")

    def test_a_requirement_that_lost_its_test(self):
        self.name_all_ids()
        self.expect_found(ids.check, "tests/interop/all.test.mjs", f"// {ids.BUILT[0]}\nit('says nothing', () => {{}});\n")

    def test_an_id_that_is_none(self):
        self.name_all_ids()
        self.expect_found(ids.check, "src/base/more_test.cc", "TEST_P(More, CFG99_IsNoId) {}\n")

    def test_an_id_that_is_still_listed_as_missing(self):
        self.name_all_ids()
        self.expect_found(ids.check, "web/e2e/more.spec.ts", f"test(`{ids.NOT_YET[0]}: works`, () => {{}});\n")

    def test_a_document_that_names_a_missing_file(self):
        self.expect_found(documents.check, "README.md", "See `src/base/gone.h` and `src/base/good.h`.\n")

    def test_a_document_that_names_a_missing_function(self):
        self.expect_found(documents.check, "README.md", "See `src/base/good.h:two` and `src/base/good.h:one`.\n")

    def test_a_line_that_is_not_formatted(self):
        self.expect_found(formatting.check, "src/base/bad.cc", "int  f() { return 1; }\n")

    def test_a_clock_in_a_sans_io_library(self):
        self.write("clock.cc", "#include <ctime>\nlong f() { return time(nullptr); }\n")
        self.write("plain.cc", "int g() { return 1; }\n")
        for name in ("clock", "plain"):
            subprocess.run(["clang++-19", "-c", f"{name}.cc", "-o", f"{name}.o"], cwd=self.root, check=True)
        self.assertEqual(symbols.check([os.path.join(self.root, "plain.o")]), [])
        self.assertEqual(len(symbols.check([os.path.join(self.root, "clock.o")])), 1)

    def test_a_header_that_needs_another(self):
        for name, text, good in (("alone.h", GOOD, True), ("needy.h", "#pragma once\nstd::string f();\n", False)):
            self.write(name, text)
            run = subprocess.run(["clang++-19", "-x", "c++", "-fsyntax-only", os.path.join(self.root, name)], capture_output=True)
            self.assertEqual(run.returncode == 0, good)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False).result.wasSuccessful() else 1)
