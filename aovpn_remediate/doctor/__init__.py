"""Checks of everything between this computer and the tenant; useful when nothing works.

``open_situation`` finds out what is asked for, ``examine`` yields one ``Check`` after the other.
"""

from aovpn_remediate.doctor.check import Check, State, exit_code
from aovpn_remediate.doctor.examination import examine
from aovpn_remediate.doctor.situation import Situation, open_situation

__all__ = ["Check", "Situation", "State", "examine", "exit_code", "open_situation"]
