"""Speed, as ratios measured in one run: ``make bench``. It never fails a test."""

import time

from chains import bare_model, serial_chain, wide_network

from twinlab import simulate
from twinlab.modeling.luck import draw_luck

ROUNDS = 5


def fastest(work):
    """Seconds of the fastest of some rounds: the least disturbed one."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def main():
    """Print one table: node-days per second of CPU, and the ratio to bare SimPy."""
    print(f"{'chain':<16}{'engine':<26}{'node-days/s':>12}{'vs bare SimPy':>15}")
    for name, scenario in (("3-stage", serial_chain(1000)), ("30-node", wide_network(300))):
        nodes = 3 if name == "3-stage" else 30
        work = nodes * scenario.days
        luck = draw_luck(scenario, 1)
        demands = {key: draws[:, 0].tolist() for key, draws in luck.demand.items()}

        def bare(scenario=scenario, demands=demands):
            env, _ = bare_model(scenario, demands)
            env.run(until=scenario.days)

        rates = {
            "bare SimPy, no statistics": work / fastest(bare),
            "simulate, random included": work / fastest(lambda s=scenario: simulate(s, seed=1)),
        }
        drawing = fastest(lambda s=scenario: draw_luck(s, 1))
        for engine, rate in rates.items():
            ratio = rate / rates["bare SimPy, no statistics"]
            print(f"{name:<16}{engine:<26}{rate:>12,.0f}{ratio:>15.2f}")
        print(f"{name:<16}{'  of that, drawing luck':<26}{work / drawing:>12,.0f}")


if __name__ == "__main__":
    main()
