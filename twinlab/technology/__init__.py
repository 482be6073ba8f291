"""Technology, floor 4: how data comes, and how a twin stays in step.

========  ==============================================================================
plant     the make-believe reality that tells what happens, and obeys
feeds     what is polled for records: folders of tables, databases, machines
mapping   a table that makes messages of what foreign systems say; their fields and words
messages  CloudEvents envelopes in JSON; ``message_check``: what lets them be folded
links     between plant and twin: a file, or a bus as late, lost, doubled as you like
mqtt      the same between machines, over a broker
bus       commands and what the plant says of them
store     every message once, on SQLite or PostgreSQL; dead letters with their reason
sync      the fold of messages into what is believed; ``Follower`` keeps it up to date
drift     CUSUMs on probability-integral transforms: has a demand or lead time changed?
fidelity  how true the twin is, and whether its forecasts keep what they promise
proposal  the best of some changes from today on; the twin sends it back as a command
========  ==============================================================================
"""

from twinlab.scope import door
from twinlab.technology.drift import *
from twinlab.technology.feeds import *
from twinlab.technology.fidelity import *
from twinlab.technology.links import *
from twinlab.technology.mapping import *
from twinlab.technology.messages import *
from twinlab.technology.mqtt import *
from twinlab.technology.plant import *
from twinlab.technology.store import *
from twinlab.technology.sync import *

__all__ = door.offered(globals())
