"""Cases: complete supply chains from public data, ready to simulate.

============  =================================================================================
automotive    five tiers of suppliers behind US light-vehicle sales; ``chip_shortage``: 2020-21
factory       a line of four departments, its sensors and tools, between mill and customers
humanitarian  rations by ship and truck to Syria; ``cases.relief`` has needs, storms, last mile
============  =================================================================================
"""

from typing import Any

from twinlab.cases.automotive import automotive
from twinlab.cases.chip_shortage import chip_shortage
from twinlab.cases.factory import factory
from twinlab.cases.humanitarian import humanitarian
from twinlab.scope.door import guard, not_offered

__all__ = ["automotive", "chip_shortage", "factory", "humanitarian"]

guard(globals())


def __getattr__(name: str) -> Any:
    """Import ``cases.relief`` when somebody first asks for it."""
    if name == "relief":
        from importlib import import_module

        return import_module("twinlab.cases.relief")
    return not_offered(globals(), name)
