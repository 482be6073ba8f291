"""What is right of notebook 04's exercise that counts."""

import twinlab as tl


def terms(price, cost, share):
    """The price and the sum back under which the shop orders for both and gets its share.

    At the price w it keeps (p − w) / (p − c) of the profit. Source: Pasternack (1985).
    """
    back = tl.coordinating(season(price, cost), price=price - share * (price - cost))
    return back.price, back.buy_back


def season(price, cost):
    """Demand and what is left are the notebook's."""
    return tl.Season(tl.Normal(100, 30), price=price, cost=cost, salvage=1)


def coordinates(answer, price, cost, share):
    """Nothing is lost, and the shop gets its share within a percent of the profit."""
    found = tl.deal(season(price, cost), tl.BuyBack(*answer))
    lost, got = 1 - found.efficiency, found.profits.retailer / sum(vars(found.profits).values())
    if lost > 0.001:
        return f"{lost:.1%} of the profit is lost: the shop's best order is not the best for both."
    right = abs(got - share) < 0.01
    return right or f"nothing is lost, but the shop gets {got:.0%} of the profit."


SOLUTIONS = {"4.3": tl.course.Solution(solve=terms, judge=coordinates)}
