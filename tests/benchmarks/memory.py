"""Peak memory of 10,000 replications of a chain, in MB: run in a process of its own."""

import resource
import sys

from chains import serial_chain, wide_network

from twinlab import replicate

scenario = {"3-stage": serial_chain(365), "30-node": wide_network(100)}[sys.argv[1]]
_ = replicate(scenario, 10_000, seed=1).kpis
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(most / (1e6 if sys.platform == "darwin" else 1e3))
