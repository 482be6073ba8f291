"""Pictures for decisions say what they show, and follow what is given."""

from twinlab import lab
from twinlab.management import Curve


def test_a_triangle_says_its_curve():
    curve = Curve([0, 5, 5, 15], [100, 100, 40, 100])
    chart = lab.triangle(curve)
    assert chart.words == str(curve)
    assert "300" in "".join(text.get_text() for text in chart.figure.axes[0].texts)
    assert not list(lab.triangle(Curve([0, 5], [100, 100])).figure.axes[0].texts)
