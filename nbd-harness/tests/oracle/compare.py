# SPDX-License-Identifier: GPL-2.0-only
"""
An independent second reading of a wedged guest, by drgn, compared with ours.

    drgn -q -c VMCORE -s VMLINUX compare.py [--moved] SNAPSHOT.json

SNAPSHOT.json holds one object: a line of a run's snapshots.jsonl, or what
`netswap inspect --json` printed.  Nothing is shared between the two readings:
drgn takes layouts from DWARF where we take BTF, unwinds by DWARF's call frame
information where we follow frame pointers, finds tasks through the pid
namespace where we walk init_task.tasks, and knows a lock from the local
variable of the function that waits for it where we search the stack.

Compared are, for each task: that both know it, comm, state; and while it
sleeps: the function names of its stack, the mutex, rwsem or completion that it
waits for and that lock's owner; while it runs in the kernel: the function names
of its stack, from the registers that the vmcore has.  Each difference is a
line; the last line counts what was compared.  Exit status: 0 when there is none
and something was compared.

--moved: the guest ran on between snapshot and vmcore.  A task that was woken
since, or whose switch count changed, is then not compared, nor a kworker that
came or went, nor the stack of one that runs.
"""
import json
import sys

from drgn import FaultError, ObjectAbsentError
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import task_state_to_char

# Frames that the two may show differently, and why.
ALLOWED = {
    "ret_from_fork_asm": "the end of every kernel thread's stack: assembly, which DWARF has no name for",
    "entry_SYSCALL_64": "likewise, of a system call; it keeps no frame pointer",
    "asm_exc_page_fault": "likewise, of a page fault",
}

# The function that waits -> its local variable that is the lock, the type, our name of the kind.
WAITS = {
    "__mutex_lock": ("lock", "struct mutex", "mutex"),
    "rwsem_down_read_slowpath": ("sem", "struct rw_semaphore", "rwsem"),
    "rwsem_down_write_slowpath": ("sem", "struct rw_semaphore", "rwsem"),
    "__wait_for_common": ("x", "struct completion", "completion"),
}
MUTEX_FLAGS = 7
RWSEM_READER, RWSEM_FLAGS = 1, 3


class Comparison:
    def __init__(self):
        self.differences = 0
        self.tasks = self.stacks = self.owners = self.waits = self.running = self.skipped = 0

    def differ(self, task, what, ours, drgn):
        self.differences += 1
        print(f"{task}: {what}: netswap says {ours}, drgn says {drgn}")


def base_name(function):
    """Without the compiler's suffix, which DWARF does not have."""
    return function.split(".")[0]


def text(characters):
    """As our reader shows what does not print."""
    return "".join(chr(b) if 32 <= b < 127 else "?" for b in characters.string_())


def our_stack(task, guesses=True):
    """['mutex_lock+0x2c ffffffff814f4a6c', '? plant_spin+0x15 ...', ...] -> names"""
    frames = [frame for frame in task.get("stack", []) if guesses or not frame.startswith("? ")]
    names = [base_name(frame.removeprefix("? ").split("+")[0]) for frame in frames]
    return [name for name in names if name not in ALLOWED]


def drgn_stack(trace):
    """Functions inlined into others have no frame of their own in memory: we cannot see them."""
    names = [base_name(frame.name) for frame in trace if frame.name and not frame.is_inline]
    return [name for name in names if name not in ALLOWED]


def drgn_wait(trace):
    """What the innermost known waiting function waits for: (kind, address, owner), or None."""
    for frame in trace:
        if frame.is_inline or not frame.name or base_name(frame.name) not in WAITS:
            continue
        variable, type_name, kind = WAITS[base_name(frame.name)]
        lock = frame[variable]
        address, owner = lock.value_(), 0
        if kind == "mutex":
            owner = lock.owner.counter.value_() & ~MUTEX_FLAGS
        elif kind == "rwsem":
            owner = lock.owner.counter.value_()
            owner = 0 if owner & RWSEM_READER else owner & ~RWSEM_FLAGS
        return kind, address, owner & (1 << 64) - 1
    return None


def our_wait(task):
    kind = task.get("on_kind")
    if kind not in ("mutex", "rwsem", "completion"):
        return None
    return kind, int(task["on"], 16), int(task.get("on_owner", "0"), 16)


def show_wait(wait):
    return f"{wait[0]} {wait[1]:#x} owner {wait[2]:#x}" if wait else "none of a lock's"


def compare_stacks(c, label, ours, theirs):
    """Say only where they part."""
    c.stacks += 1
    if ours == theirs:
        return
    same = 0
    while ours[same:same + 1] == theirs[same:same + 1]:
        same += 1
    c.differ(label, f"stack, caller of {ours[same - 1]}" if same else "stack, innermost", "".join(ours[same:same + 1]) or "nothing",
             "".join(theirs[same:same + 1]) or "nothing")


def compare_sleeper(c, label, ours, task):
    trace = task.prog_.stack_trace(task)
    compare_stacks(c, label, our_stack(ours), drgn_stack(trace))
    try:
        theirs = drgn_wait(trace)
    except (ObjectAbsentError, FaultError, KeyError) as e:
        print(f"{label}: its lock is not compared: drgn does not find the variable ({e})")
        return
    if our_wait(ours) != theirs:
        c.differ(label, "waits for", show_wait(our_wait(ours)), show_wait(theirs))
    c.waits += theirs is not None
    c.owners += theirs is not None and theirs[2] != 0


def comparable(ours, trace):
    """Of a task that runs, until where drgn can follow: it has no name for assembly, in which a
    task may be stopped, and by frame pointers it does not find what an interrupt interrupted."""
    theirs = drgn_stack(trace)
    if not trace[0].name:
        ours = ours[1:]
    for i, name in enumerate(ours):
        if name.startswith("asm_"):
            return ours[:i], theirs[:i]
    return ours, theirs


def compare_runner(c, label, ours, task):
    """Frame pointers miss the caller of a function that has not made its frame yet: the word on
    top of the stack is that caller, or anything else, hence a guess."""
    trace = task.prog_.stack_trace(task)
    guessed = comparable(our_stack(ours), trace)
    c.running += 1
    compare_stacks(c, label, *(guessed if guessed[0] == guessed[1] else
                               comparable(our_stack(ours, guesses=False), trace)))


def moved_on(ours, task):
    """It was switched, or woken and waits for a CPU: that counts as no switch yet."""
    return (ours["switches"] != task.nvcsw.value_() + task.nivcsw.value_() or
            ours.get("state", 0) != 0 and task.member_("__state").value_() == 0)


def compare_task(c, ours, task, moved):
    comm = text(task.comm)
    label = f"{comm}:{task.pid.value_()}"
    if moved and moved_on(ours, task):
        c.skipped += 1
        return
    c.tasks += 1
    state = ours.get("state", 0)
    if ours["comm"] != comm:
        c.differ(label, "comm", ours["comm"], comm)
    if state != task.member_("__state").value_():
        c.differ(label, "state", f"{state:#x}",
                 f"{task.member_('__state').value_():#x} ({task_state_to_char(task)})")
    if state and not task.on_cpu.value_():
        compare_sleeper(c, label, ours, task)
    elif ours.get("on_cpu") and ours.get("stack") and not moved:
        compare_runner(c, label, ours, task)


def main(prog, arguments):
    moved = "--moved" in arguments
    with open(arguments[-1], encoding="utf-8") as file:
        snapshot = json.load(file)
    snapshot = snapshot.get("snapshot", snapshot)
    ours = {int(task["task"], 16): task for task in snapshot["tasks"]}
    theirs = {task.value_(): task for task in for_each_task(prog)}
    c = Comparison()

    for address in sorted(set(ours) | set(theirs)):
        if address in ours and address in theirs:
            compare_task(c, ours[address], theirs[address], moved)
            continue
        mine = address in ours
        comm = ours[address]["comm"] if mine else text(theirs[address].comm)
        if moved and comm.startswith("kworker/"):
            c.skipped += 1
        else:
            c.differ(comm, "exists", "yes" if mine else "no", "no" if mine else "yes")
    print(f"{c.differences} differences in {c.tasks} tasks, {c.stacks} stacks, {c.waits} waits for "
          f"a lock or completion, {c.owners} owners; {c.running} tasks ran; {c.skipped} moved on")
    return c.differences == 0 and c.stacks > 0


if __name__ == "__main__":
    sys.exit(0 if main(prog, sys.argv[1:]) else 1)  # drgn sets prog
