"""Every line of code in the README is run, and its numbers are compared."""

import doctest
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_is_true():
    text = README.read_text(encoding="utf-8").replace("```python", "").replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, "README.md", str(README), 0)
    assert len(examples.examples) >= 10
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    failed = runner.run(examples, out=said.append)
    assert not failed.failed, "".join(said)


def test_the_readme_points_at_things_that_exist():
    text = README.read_text(encoding="utf-8")
    targets = [part.split(")")[0] for part in text.split("](")[1:]]
    assert targets
    missing = [t for t in targets if not t.startswith("http") and not (README.parent / t).exists()]
    assert not missing
