"""The course: exercises with numbers of one's own, what was played, hand-ins and their marks.

=========  =================================================================================
enrol      say who you are, once: every exercise then has numbers of your own
numbers    your numbers of an exercise
check      your answer to an exercise, with hints that come one after the other
hand_in    one file with your answers, your plays and your code, for whoever gives marks
Exercise   what is asked: how numbers are drawn, what is right, and what helps
Play       a game that was played, kept beside the notebook
=========  =================================================================================

In a terminal, ``python -m twinlab grade`` gives marks.
"""

from twinlab.course.exercises import *
from twinlab.course.hand_ins import *
from twinlab.course.plays import *
from twinlab.course.students import *
from twinlab.scope import door

__all__ = door.offered(globals())

door.guard(globals())
