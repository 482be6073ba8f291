"""Modeling, floor 3: how we compute.

``simulation`` lives one history event by event, or many at once, and says what they amount to;
``compare``, ``experiments`` and ``proposal`` ask on common random numbers what would be better;
``doubt`` asks whether a choice holds on other luck;
``line`` is a factory in continuous time; ``formulas`` are what a simulation can be laid beside;
``inference`` is what observations say: has a law changed, are forecasts true, is something closed?
"""

from twinlab.modeling.compare import *
from twinlab.modeling.doubt import *
from twinlab.modeling.experiments import *
from twinlab.modeling.formulas.guaranteed_service import *
from twinlab.modeling.formulas.newsvendor import *
from twinlab.modeling.formulas.queues import *
from twinlab.modeling.formulas.run_length import *
from twinlab.modeling.formulas.serial_chain import *
from twinlab.modeling.inference.drift import *
from twinlab.modeling.inference.outages import *
from twinlab.modeling.line.results import *
from twinlab.modeling.line.stations import *
from twinlab.modeling.simulation.history import *
from twinlab.modeling.simulation.output_analysis import *
from twinlab.modeling.simulation.replicate import *
from twinlab.modeling.simulation.replications import *
from twinlab.modeling.simulation.run import *
from twinlab.scope import door

__all__ = door.offered(globals())
