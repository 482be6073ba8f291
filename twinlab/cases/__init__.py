"""Cases: complete supply chains from public data, ready to simulate, or to live with a ``twin``.

============  =================================================================================
automotive    five tiers of suppliers behind US light-vehicle sales; ``chip_shortage``: 2020-21
factory       a line of four departments, its sensors and tools, between mill and customers
humanitarian  a hurricane season around Cuba; ``cases.relief`` has needs, plans and last mile
============  =================================================================================
"""

from twinlab.cases.automotive import *
from twinlab.cases.factory import *
from twinlab.cases.folders import *
from twinlab.cases.humanitarian import *
from twinlab.scope import door

__all__ = door.offered(globals())

door.guard(globals())


def __getattr__(name: str) -> object:
    """Import ``cases.relief`` when somebody first asks for it."""
    if name == "relief":
        from importlib import import_module

        return import_module("twinlab.cases.relief")
    return door.not_offered(globals(), name)
