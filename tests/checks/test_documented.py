import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_of_the_checks_is_up_to_date():
    spec = importlib.util.spec_from_file_location("generate_checks", DOCS / "generate_checks.py")
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    page = (DOCS / "reference" / "checks.md").read_text(encoding="utf-8")
    assert page == generator.page(), "Write it anew: python docs/generate_checks.py"
