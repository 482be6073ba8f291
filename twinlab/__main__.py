"""The cases in a terminal: one is told, a plant lives, a twin follows.

``python -m twinlab automotive``, ``python -m twinlab plant CASE --link FILE`` and, in another
terminal, ``python -m twinlab twin CASE --link FILE``.
"""

import argparse
import sys
import time
from collections.abc import Callable

from twinlab.cases import Case, automotive, factory, humanitarian
from twinlab.course.grading import add_grade
from twinlab.management.resilience import hits
from twinlab.modeling import simulate
from twinlab.scope import Constant, Outage, TwinError
from twinlab.technology import EventStore, FileLink, MqttLink, Plant, Sensors, read_keys
from twinlab.twin import Twin

CASES: dict[str, Callable[[int], Case]] = {
    "automotive": automotive,
    "factory": lambda days: factory(days).scenario,
    "humanitarian": lambda days: humanitarian(days=days),
}
SITE, START, DAYS = "Germany resin", 60, 180


def tell_automotive() -> None:
    """Tell how a resin plant's closure reaches car buyers."""
    chain = automotive()
    print(f"The automotive chain: {chain.network}, one unit is one vehicle's content.")
    calm = simulate(chain, seed=1)
    print(f"\nA calm year:\n{calm.kpis}\n")
    hit = simulate(chain.disrupt(Outage(SITE, start=START, days=Constant(DAYS))), seed=1)
    print(f"{SITE} closes on day {START} for {DAYS} days:", *hits(hit, calm), sep="\n")
    print(f"\nfill rate of the year: {calm.kpis.fill_rate:.3f} calm, {hit.kpis.fill_rate:.3f} hit")
    print("\nthe lines behind it:\n  chain = twinlab.cases.automotive()")
    outage = f"Outage({SITE!r}, start={START}, days={DAYS})"
    print(f"  twinlab.simulate(chain.disrupt({outage}), seed=1)")


def open_link(given: argparse.Namespace) -> FileLink | MqttLink:
    """A broker's address, or a file."""
    keys = read_keys(given.keys)
    if given.link.startswith("mqtt"):
        return MqttLink(given.link, outbox=given.outbox, keys=keys)
    return FileLink(given.link, keys)


def live(given: argparse.Namespace) -> None:
    """Let a plant live by the computer's clock; started again, it goes on where it was."""
    link, case = open_link(given), CASES[given.case](given.days)
    truth, told = case.lived(given.seed)
    lived = (link.recall("plant") or {"day": 0})["day"]
    if given.close:
        start = lived if given.on is None else given.on
        if start < lived:
            raise TwinError(f"day {start} is over, the plant has lived until day {lived}")
        truth = truth.disrupt(Outage(given.close, start=start, days=Constant(given.length)))
    began = time.monotonic()
    sensors = Sensors(reporting=not given.untold, foretelling=bool(told), assessments=told)
    plant = Plant(truth, link, given.seed, sensors, given.pace)
    again = f", lived again in {time.monotonic() - began:.1f} s" if lived else ""
    print(f"{plant} on {link}: a day takes {given.pace:g} s{again}. Ctrl-C stops it.", flush=True)
    plant.keep_pace(given.days)
    print(f"the story ends on day {plant.day}")


def follow(given: argparse.Namespace) -> None:
    """Let a twin follow a plant of another process, and say every new day what it knows."""
    link, store = open_link(given), EventStore(given.store)
    twin = Twin(CASES[given.case](given.days), link, store, name=given.name)
    print(f"The twin {given.name!r} listens to {link}. Ctrl-C stops it.", flush=True)
    told, steps, first = -1, dict[str, str](), ""
    while told < given.until:
        twin.sync()
        state = twin.state
        for order in twin.orders:
            if steps.get(order.id) != order.step:
                print(f"order {order}", flush=True)
            steps[order.id] = order.step
        if state.day > told:
            first = tell_first(twin, first)
            told, count = state.day, sum(count for count, _ in store.sequences().values())
            print(
                f"day {told:4}: {count:9,} messages, {len(twin.gaps())} missing, "
                f"{len(store.dead_letters())} dead, {twin.staleness:.1f} days behind; "
                f"{sum(state.on_hand.values()):,.0f} units in stock, "
                f"{sum(state.owed.values()):,.0f} owed",
                *twin.outages,
                sep="\n  ",
                flush=True,
            )
        time.sleep(0.1)


def tell_first(twin: Twin, before: str) -> str:
    """Say what needs somebody first this morning, and what to do, if that is something else."""
    alerts = twin.tower().alerts
    what = f"{alerts[0].kind} {alerts[0].node} {alerts[0].product}" if alerts else ""
    if alerts and what != before:
        todo = twin.reroute() if twin.outages.outages else None
        print(f"first of {len(alerts)}: {alerts[0]}", flush=True)
        advice = next((alert for alert in alerts if alert.action), None)
        if todo and todo.values:
            print(f"what to do: {todo}", flush=True)
        elif advice:
            print(f"what to do: {advice}", flush=True)
    elif before and not alerts:
        print("nothing needs anybody any more", flush=True)
    return what


def main() -> None:
    """Read what is wanted, and do it."""
    parser = argparse.ArgumentParser(prog="twinlab", description=__doc__)
    commands = add_grade(parser.add_subparsers(required=True))
    story = commands.add_parser("automotive", help="tell the case")
    story.set_defaults(do=lambda given: tell_automotive())
    plant = commands.add_parser("plant", help="let a plant live")
    twin = commands.add_parser("twin", help="follow a plant that lives in another process")
    for one, do, outbox in ((plant, live, "outbox.db"), (twin, follow, None)):
        one.set_defaults(do=do)
        one.add_argument("case", choices=CASES)
        one.add_argument("--link", default="link.db", help="a file, or mqtt://user@host:port")
        one.add_argument("--outbox", default=outbox, help="keeps what an MQTT link sends: a file")
        one.add_argument("--keys", default="", help="a file of lines name = key, for orders")
        one.add_argument("--days", type=int, default=365)
    plant.add_argument("--seed", type=int, default=1)
    plant.add_argument("--pace", type=float, default=1.0, help="seconds a day")
    plant.add_argument("--close", metavar="NODE", help="close a node: from --on, for --length days")
    plant.add_argument("--on", type=int, help="day (default: today)")
    plant.add_argument("--length", type=int, default=30)
    plant.add_argument("--untold", action="store_true", help="nobody tells that a node is closed")
    twin.add_argument("--store", default=":memory:", help="a file, or postgresql://...")
    twin.add_argument("--name", default="twin")
    twin.add_argument("--until", type=float, default=float("inf"), help="stop on this day")
    given = parser.parse_args()
    try:
        print(given.do(given) or "", end="")
    except KeyboardInterrupt:
        print()
    except (TwinError, OSError) as problem:
        sys.exit(f"twinlab: {problem}")


if __name__ == "__main__":
    main()
