import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import sabench


def shown_to_type_checkers():
    """Names and rooms as the block for type checkers imports them."""
    tree = ast.parse(Path(sabench.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    return {name.name: node.module.removeprefix("sabench.") for node in block.body for name in node.names}


def test_the_lists_of_public_names_agree():
    assert sorted(sabench.__all__) == sorted(sabench._MODULE_OF) == dir(sabench)
    assert shown_to_type_checkers() == sabench._MODULE_OF


@pytest.mark.parametrize("name", sabench.__all__)
def test_a_public_name_leads_to_its_room(name):
    room = importlib.import_module(f"sabench.{sabench._MODULE_OF[name]}")
    assert getattr(sabench, name) is getattr(room, name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'sabench' has no attribute 'Adaptor'"):
        sabench.Adaptor  # noqa: B018


def test_importing_sabench_imports_the_standard_library_alone():
    code = "import sys; before = set(sys.modules); import sabench; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = {name.partition(".")[0] for name in done.stdout.split()}
    assert packages - sys.stdlib_module_names == {"sabench"}
