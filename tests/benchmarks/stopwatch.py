"""CPU time of the fastest of several rounds."""

import time


def fastest(work, rounds=7, enough=3.0):
    """Seconds of the fastest round; after two, no more rounds begin once it has been enough.

    ``work`` is called with another number in every round: a seed, so that nothing is remembered.
    """
    times = []
    for number in range(rounds):
        if number > 1 and sum(times) > enough:
            break
        begun = time.process_time()
        work(number)
        times.append(time.process_time() - begun)
    return min(times)
