"""Technology, floor 4: how data comes, and how a twin stays in step.

=============  =========================================================================
plant          the make-believe reality that tells what happens, and obeys
messages       CloudEvents envelopes in JSON; ``message_check``: may that be, and who says it?
links          between plant and twin: in this process (``Bus``, as bad as you like), by a
               file between processes, by an MQTT broker
mapping        files, databases and machines that are polled, and how what they say is read
store          every message once, on SQLite or PostgreSQL; dead letters with their reason
known          until when everything is known, by source
tracker        the fold of messages into what is believed; ``sync`` keeps it up to date;
               ``observe``: what they tell of the model's columns, to be watched for drift
desk           a twin's orders from proposal to done, with a trail; ``seals``: whose word it is
=============  =========================================================================
"""

from twinlab.scope import door
from twinlab.technology.links import *
from twinlab.technology.mapping import *
from twinlab.technology.messages import *
from twinlab.technology.plant import *
from twinlab.technology.seals import *
from twinlab.technology.store import *
from twinlab.technology.sync import *
from twinlab.technology.tracker import *

__all__ = door.offered(globals())
