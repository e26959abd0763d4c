# SPDX-License-Identifier: GPL-2.0-only
"""
How long drgn takes for the task list and the function names of all stacks.

    drgn -q -c VMCORE -s VMLINUX timing.py

Prints milliseconds of the second pass: the first one has loaded the symbols.
"""
import time

from drgn import FaultError
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import task_state_to_char


def read_all(prog):
    for task in for_each_task(prog):
        task.pid.value_(), task.comm.string_(), task_state_to_char(task)
        try:
            [frame.name for frame in prog.stack_trace(task)]
        except (ValueError, FaultError):
            pass  # it ran, and its CPU's registers are not in the core


read_all(prog)  # drgn sets prog
begin = time.monotonic()
read_all(prog)
print(f"{(time.monotonic() - begin) * 1000:.3f}")
