"""What is graded in notebook 09: a plan, judged by the seasons that it did not know."""

import twinlab as tl
from twinlab.cases import relief
from twinlab.course import read_exercises
from twinlab.task.logistics import judge, preposition

RELIEF = read_exercises(9)


def keeps(answer, known):
    """Do the stocks cost the hidden seasons less than the best ones for Havana alone?"""
    told, later = relief.problem(known), sorted(set(RELIEF.ranked()) - set(known))
    made, rule = answer(told), preposition(told, opened=["Havana"])
    hidden, stocks = relief.problem(later), getattr(made, "stocks", made)
    cost, usual = (judge(hidden, each).cost for each in (stocks, rule))
    if cost < usual:
        return True
    return f"in the seasons to come your plan costs {cost:,.0f} USD a season, Havana {usual:,.0f}."


SOLUTIONS = {"9.1": tl.course.Solution(judge=keeps)}
