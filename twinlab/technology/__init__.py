"""Technology, floor 4: how data comes, and how a twin stays in step.

========  ==============================================================================
messages  CloudEvents envelopes in JSON, checked when they arrive
bus       between plant and twin: late, lost, doubled and shuffled as you like
store     every message once, on SQLite; dead letters with their reason
plant     the make-believe reality that publishes and obeys
sync      the fold of messages into what is believed
drift     CUSUMs on probability-integral transforms: has a demand or lead time changed?
fidelity  how true the twin is
reading   what a message must hold before it is folded
========  ==============================================================================
"""

from twinlab.technology.bus import Bus, Link
from twinlab.technology.drift import Alarm, Observations, observe, watch
from twinlab.technology.fidelity import Fidelity, Verification, fidelity, pinball_loss, verify
from twinlab.technology.messages import Message
from twinlab.technology.plant import Plant, Sensors
from twinlab.technology.store import EventStore, Intake
from twinlab.technology.sync import Belief, believe

__all__ = [
    "Alarm",
    "Belief",
    "Bus",
    "EventStore",
    "Fidelity",
    "Intake",
    "Link",
    "Message",
    "Observations",
    "Plant",
    "Sensors",
    "Verification",
    "believe",
    "fidelity",
    "observe",
    "pinball_loss",
    "verify",
    "watch",
]
