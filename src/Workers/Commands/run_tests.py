"""Runs plain and unittest tests of Python files: run_tests.py ROOT FILE...

The parent never imports code of the workspace. It reads from the test files' text which tests there must be, and believes the child only when it
reports each of them as passed together with a word that the child was told before any of that code ran. A child that ends early, whatever its exit
code, has passed nothing. Exit code 0: all passed. 1: not all. 2: the test files hold no test or cannot be read.
"""
import ast
import json
import os
import secrets
import subprocess
import sys


def is_skipped(node):
    return any("skip" in ast.unparse(decorator) for decorator in node.decorator_list)


def expected(path):
    """Names that must pass: functions test* and methods test* of classes, those aside that are marked as skipped in the text."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read(), path)
    names = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test") and not is_skipped(node):
            names.append(node.name)
        elif isinstance(node, ast.ClassDef) and not is_skipped(node):
            for inner in node.body:
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner.name.startswith("test") and not is_skipped(inner):
                    names.append(node.name + "." + inner.name)
    return names


def parent(root, files):
    wanted = {}
    for file in files:
        try:
            for name in expected(os.path.join(root, file)):
                wanted[file + "::" + name] = None
        except (OSError, SyntaxError, ValueError) as error:
            print("the test file", file, "cannot be read:", error)
            return 2
    if not wanted:
        print("there is no test in", " ".join(files) or "the case")
        return 2
    word = secrets.token_hex(16)
    ours, theirs = os.pipe()
    child = subprocess.Popen([sys.executable, "-I", os.path.abspath(__file__), "--child", str(theirs), root, *files],
                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[theirs], cwd=root)
    os.close(theirs)
    child.stdin.write(word.encode())
    child.stdin.close()
    with os.fdopen(ours, "rb") as pipe:
        report = pipe.read(16 << 20)
    code = child.wait()
    try:
        told = json.loads(report)
        passed, failed = set(told["passed"]), told["failed"]
        if told["word"] != word:
            raise ValueError("another word")
    except (ValueError, KeyError, TypeError):
        print("the tests did not run to their end: the process ended with exit code", code)
        return 1
    missing = [name for name in wanted if name not in passed]
    if not missing and not failed:
        print(len(wanted), "tests passed")
        return 0
    first = missing[0] if missing else next(iter(failed))
    print(len(missing) or len(failed), "of", len(wanted), "tests did not pass:", first, "-", failed.get(first) or failed.get(first.split("::")[0]) or "it was not run")
    return 1


def child(pipe, root, files):
    word = sys.stdin.read()
    import importlib.util
    import traceback
    import unittest

    framework = [unittest.TestCase, unittest.TestResult, unittest.TestSuite, unittest.TestLoader]
    before = [dict(vars(one)) for one in framework]
    passed, failed = [], {}

    def why(error):
        return " ".join("".join(traceback.format_exception_only(type(error), error)).split())[:300]

    class Result(unittest.TestResult):
        def __init__(self, file):
            super().__init__()
            self.file = file
            self.bad = set()

        def name(self, test):
            return self.file + "::" + type(test).__name__ + "." + getattr(test, "_testMethodName", "?")

        def broke(self, test, error):
            test = getattr(test, "test_case", test)
            self.bad.add(self.name(test))
            failed.setdefault(self.name(test), why(error[1]))

        addError = addFailure = lambda self, test, error: self.broke(test, error)

        def addSubTest(self, test, subtest, error):
            if error is not None:
                self.broke(test, error)

        def addSkip(self, test, reason):
            self.bad.add(self.name(test))

        def addUnexpectedSuccess(self, test):
            self.bad.add(self.name(test))

        def addExpectedFailure(self, test, error):
            pass

        def stopTest(self, test):
            super().stopTest(test)
            if self.name(test) not in self.bad:
                passed.append(self.name(test))

    # Last: what the workspace holds stands for no module of the interpreter's own.
    sys.path.append(root)
    for number, file in enumerate(files):
        path = os.path.join(root, file)
        folder = os.path.dirname(path)
        if folder not in sys.path:
            sys.path.append(folder)
        try:
            spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(file))[0], path)
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
        except BaseException as error:
            failed[file] = why(error)
            continue
        unittest.TestLoader().loadTestsFromModule(module).run(Result(file))
        for name, value in list(vars(module).items()):
            if callable(value) and name.startswith("test") and not isinstance(value, type):
                try:
                    value()
                    passed.append(file + "::" + name)
                except BaseException as error:
                    failed[file + "::" + name] = why(error)
            elif isinstance(value, type) and name.startswith("Test") and not issubclass(value, unittest.TestCase):
                for inner in [inner for inner in dir(value) if inner.startswith("test")]:
                    try:
                        one = value()
                        getattr(one, "setup_method", lambda: None)()
                        getattr(one, inner)()
                        passed.append(file + "::" + name + "." + inner)
                    except BaseException as error:
                        failed[file + "::" + name + "." + inner] = why(error)
    if [dict(vars(one)) for one in framework] != before:
        passed, failed = [], {files[0]: "the code under test changed the test framework"}
    os.write(int(pipe), json.dumps({"word": word, "passed": passed, "failed": failed}).encode())
    os._exit(0)


if sys.argv[1] == "--child":
    child(sys.argv[2], sys.argv[3], sys.argv[4:])
else:
    sys.exit(parent(sys.argv[1], sys.argv[2:]))
