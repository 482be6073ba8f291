"""twinlab: the notebook-first laboratory for supply-chain digital twins.

Tables in, log out. The seven elements of a twin are the seven floors of the library:

============  ================================================================================
scope         what is twinned: tables, network, scenario, disruptions, log and state
organization  who sees what, who decides what, and who pays whom
modeling      simulation of a network or a line, experiments, formulas beside them
technology    the plant, its messages, and what keeps a twin in step
people        rules, biases, games, advice
management    KPIs, goals, risk, stress tests, what to do about it
task          ``tl.task.inventory`` and seven other rooms: describe, predict, prescribe
============  ================================================================================

What a floor offers is here too: ``tl.Scenario`` is ``tl.scope.Scenario``. ``tl.Twin`` brings the
floors together, ``tl.cases`` loads the case studies, ``tl.lab`` shows things in a notebook, and
``tl.course`` checks exercises.
"""

import importlib

from twinlab import management, modeling, organization, people, scope, task, technology
from twinlab.management import *
from twinlab.modeling import *
from twinlab.organization import *
from twinlab.people import *
from twinlab.scope import *
from twinlab.scope import door
from twinlab.task import *
from twinlab.technology import *
from twinlab.twin import *

__version__ = "0.1.0"

_FLOORS = (scope, organization, modeling, technology, people, management, task)
_LATER = ("cases", "course", "lab")

for _floor in _FLOORS:
    door.guard(vars(_floor))

__all__ = door.offered(globals())


def __getattr__(name: str) -> object:
    """Import ``twinlab.lab`` and the others when somebody first asks for them."""
    if name in _LATER:
        return importlib.import_module(f"twinlab.{name}")
    return door.not_offered(globals(), name)


def __dir__() -> list[str]:
    """What ``tl.`` and Tab show: the floors, what they offer, and what is loaded when asked for."""
    return sorted([*__all__, *(floor.__name__.split(".")[1] for floor in _FLOORS), *_LATER])


door.guard(globals())
