# SPDX-License-Identifier: GPL-2.0-only
"""
Tags, requests and who holds them, sockets, worker pools, works, mempools, folios
and reclaim of a guest, read by drgn from its vmcore and compared with our snapshot.

    drgn -q -c VMCORE -s VMLINUX views.py [--moved] SNAPSHOT.json

SNAPSHOT.json holds one object: a line of a run's snapshots.jsonl, or what
`netswap inspect --json` printed.  The two readings share nothing: drgn takes
layouts from DWARF where we take BTF, and other ways where the kernel has two:

    block devices   the driver core's list of class block; ours: blockdev_superblock
    requests        the state of every static request; ours: tags->rqs[]
    worker pools    per-CPU arrays and unbound_pool_hash; ours: worker_pool_idr
    workers         the pools' busy_hash; ours: the pools' lists of workers
    requests held   lists followed backwards; ours: forwards
    reclaim         the variable sc of the function that reclaims; ours: task->reclaim_state

Each line is a JSON object: what was compared, what each says, whether they
agree.  The last one counts.  Exit status: 0 when all agree and something was
compared.

--moved: the guest ran on between snapshot and vmcore.  Works and reclaim of
tasks whose switch count changed are then not compared, nor what no worker has
begun yet, nor ages.
"""
import json
import sys

from drgn import Object, cast, container_of
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.idr import idr_for_each
from drgn.helpers.linux.list import hlist_for_each_entry, list_for_each_entry
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.xarray import xa_for_each

OPS = {0: "read", 1: "write", 2: "flush", 3: "discard"}
NBD_CMD_INFLIGHT = 2
RECLAIMERS = ("shrink_node", "do_try_to_free_pages", "balance_pgdat", "shrink_lruvec")


class Comparison:
    def __init__(self):
        self.compared = self.differences = self.moved = 0

    def same(self, what, ours, drgn):
        self.compared += 1
        self.differences += ours != drgn
        print(json.dumps({"what": what, "netswap": ours, "drgn": drgn, "same": ours == drgn}))


def text(characters):
    return characters.string_().decode(errors="replace")


# --- block devices ---

def disks(prog):
    for kobj in list_for_each_entry("struct kobject", prog["class_kset"].list.address_of_(), "entry"):
        kset = container_of(kobj, "struct kset", "kobj")
        private = container_of(kset, "struct subsys_private", "subsys")
        if private.member_("class") != prog["block_class"].address_of_():
            continue
        for device in list_for_each_entry("struct device_private", private.klist_devices.k_list.address_of_(),
                                          "knode_class.n_node"):
            bdev = container_of(device.device, "struct block_device", "bd_device")
            if bdev == bdev.bd_disk.part0:
                yield bdev.bd_disk


def taken(sbq):
    bits = 0
    for i in range(sbq.sb.map_nr):
        bits += bin(sbq.sb.map[i].word & ~sbq.sb.map[i].cleared).count("1")
    return bits


def in_flight(queue):
    """Requests in flight by their tag: of the scheduler's, if it has one, else of the driver's."""
    found = {}
    for i in range(queue.nr_hw_queues):
        hctx = cast("struct blk_mq_hw_ctx *", hctxs(queue)[i])
        tags = hctx.sched_tags if queue.elevator else hctx.tags
        for tag in range(tags.nr_tags):
            request = tags.static_rqs[tag]
            if request.state == queue.prog_["MQ_RQ_IN_FLIGHT"]:
                found[request.tag.value_()] = request
    return found


def hctxs(queue):
    return {index: entry for index, entry in xa_for_each(queue.hctx_table.address_of_())}


def first_folio(request):
    bio = request.bio
    if not bio:
        return 0
    page = bio.bi_io_vec[bio.bi_iter.bi_idx].bv_page
    head = page.compound_head.value_()
    return head - 1 if head & 1 else page.value_()


def pages(request):
    """Every page that it carries, by address."""
    size, bio = request.prog_.type("struct page").size, request.bio
    while bio:
        index, left, done = (bio.bi_iter.bi_idx.value_(), bio.bi_iter.bi_size.value_(),
                             bio.bi_iter.bi_bvec_done.value_())
        while left:
            vec = bio.bi_io_vec[index]
            length = min(vec.bv_len.value_() - done, left)
            first = vec.bv_offset.value_() + done
            for n in range(first // 4096, (first + length + 4095) // 4096):
                yield vec.bv_page.value_() + n * size
            left, index, done = left - length, index + 1, 0
        bio = bio.bi_next


def compare_disks(c, prog, ours):
    tags_by_name = {t["name"]: t for t in ours.get("tags", [])}
    requests = {r["name"]: r for r in ours.get("requests", [])}
    carriers = {}
    for disk in disks(prog):
        name, queue = text(disk.disk_name), disk.queue
        if not queue.tag_set or queue.tag_set.nr_hw_queues != 1:
            continue
        hctx = cast("struct blk_mq_hw_ctx *", hctxs(queue)[0])
        tags = hctx.sched_tags if queue.elevator else hctx.tags
        mine, flying = tags_by_name.pop(name, {}), in_flight(queue)
        c.same(f"{name} queue", mine.get("queue"), f"{tags.bitmap_tags.address_of_().value_():#x}")
        c.same(f"{name} depth", mine.get("depth", 0), tags.bitmap_tags.sb.depth.value_())
        c.same(f"{name} taken", mine.get("taken", 0), taken(tags.bitmap_tags))
        c.same(f"{name} in flight", mine.get("in_flight", 0), len(flying))
        for tag, request in sorted(flying.items()):
            label = f"{name} tag {tag}"
            r = requests.pop(label, {})
            c.same(f"{label} op", r.get("op"), OPS.get(request.cmd_flags.value_() & 255))
            c.same(f"{label} bytes", r.get("bytes", 0), request.member_("__data_len").value_())
            c.same(f"{label} folio", int(r.get("folio", "0"), 16), first_folio(request))
            if name.startswith("nbd"):
                command = cast("struct nbd_cmd *", request + 1)
                c.same(f"{label} on wire", r.get("on_wire", False),
                       bool(command.flags.value_() & 1 << NBD_CMD_INFLIGHT))
            for page in pages(request):
                carriers[page] = label
    left = [name for name in list(tags_by_name) + list(requests) if " queue " not in name]
    c.same("tags and requests that drgn does not know", left, [])
    compare_folios(c, prog, ours, carriers)


def compare_folios(c, prog, ours, carriers):
    flags = {name: prog[f"PG_{name}"].value_() for name in ("locked", "writeback", "dirty")}
    for folio in ours.get("folios", []):
        page = Object(prog, "struct page *", int(folio["address"], 16))
        for name, bit in flags.items():
            c.same(f"folio {folio['address']} {name}", folio.get(name, False),
                   bool(page.flags.value_() >> bit & 1))
        c.same(f"folio {folio['address']} request", folio.get("request", ""),
               carriers.get(page.value_(), ""))


# --- sockets ---

def compare_sockets(c, prog, ours):
    mine = {s["name"]: s for s in ours.get("sockets", [])}
    for index, entry in idr_for_each(prog["nbd_index_idr"].address_of_()):
        config = cast("struct nbd_device *", entry).config
        for n in range(config.num_connections if config else 0):
            name = f"nbd{index} socket {n}"
            s, sk = mine.get(name, {}), config.socks[n].sock.sk
            tcp = cast("struct tcp_sock *", sk)
            memalloc = sk.member_("__sk_common").skc_flags.value_() >> prog["SOCK_MEMALLOC"].value_() & 1
            for field, value in (
                    ("wmem_queued_bytes", sk.sk_wmem_queued), ("sndbuf_bytes", sk.sk_sndbuf),
                    ("rmem_bytes", sk.sk_backlog.rmem_alloc.counter), ("backlog_bytes", sk.sk_backlog.len),
                    ("snd_una", tcp.snd_una), ("snd_nxt", tcp.snd_nxt)):
                c.same(f"{name} {field}", s.get(field, 0), value.value_())
            c.same(f"{name} memalloc", s.get("memalloc", False), bool(memalloc))


# --- workqueues ---

def worker_pools(prog):
    for cpu in for_each_possible_cpu(prog):
        for variable in ("cpu_worker_pools", "bh_worker_pools"):
            try:
                array = per_cpu(prog[variable], cpu)
            except KeyError:
                continue  # no BH workqueues before 6.9
            for i in range(len(array)):
                yield array[i].address_of_()
    for bucket in prog["unbound_pool_hash"]:
        yield from hlist_for_each_entry("struct worker_pool", bucket.address_of_(), "hash_node")


def function(prog, func):
    try:
        return prog.symbol(func.value_()).name
    except LookupError:
        return None


def pwq_of(work):
    data = work.data.counter.value_()
    return data & ~255 if data & work.prog_["WORK_STRUCT_PWQ"].value_() else 0


def counted_at(pwq):
    """What max_active is counted in: the pwq, or since 6.9 of unbound workqueues the node's counter."""
    if not pwq:
        return 0
    if not pwq.wq.flags & pwq.prog_["WQ_UNBOUND"] or not hasattr(pwq.wq, "node_nr_active"):
        return pwq.value_()
    node = pwq.pool.node.value_()
    try:
        nodes = pwq.prog_["nr_node_ids"].value_()
    except KeyError:
        nodes = 1  # no CONFIG_NUMA
    return pwq.wq.node_nr_active[node if node >= 0 else nodes].value_()


def work_row(prog, state, work, func, pwq, worker):
    pwq = Object(prog, "struct pool_workqueue *", pwq)
    completion = 0
    if func and function(prog, func) == "wq_barrier_func":
        completion = cast("struct wq_barrier *", work).done.address_of_().value_()
    return (state, work.value_(), function(prog, func), text(pwq.wq.name)[:24] if pwq else "",
            pwq.pool.value_() if pwq else 0, worker, completion, bool(pwq and pwq.wq.rescuer),
            counted_at(pwq))


def works_on(prog, head, state, worker):
    for work in list_for_each_entry("struct work_struct", head.address_of_(), "entry"):
        if function(prog, work.func) != "mayday_cursor_func":
            yield work_row(prog, state, work, work.func, pwq_of(work), worker)


def drgn_works(prog, pools):
    for pool in pools:
        for bucket in pool.busy_hash:
            for worker in hlist_for_each_entry("struct worker", bucket.address_of_(), "hentry"):
                task = worker.task.value_()
                yield work_row(prog, "running", worker.current_work, worker.current_func,
                               worker.current_pwq.value_(), task)
                yield from works_on(prog, worker.scheduled, "behind", task)
        yield from works_on(prog, pool.worklist, "pending", 0)
    for wq in list_for_each_entry("struct workqueue_struct", prog["workqueues"].address_of_(), "list"):
        for pwq in list_for_each_entry("struct pool_workqueue", wq.pwqs.address_of_(), "pwqs_node"):
            yield from works_on(prog, pwq.inactive_works, "inactive", 0)


def our_work(w):
    return (w["state"], int(w["address"], 16), w.get("function"), w.get("workqueue", ""),
            int(w.get("pool", "0"), 16), int(w.get("worker", "0"), 16), int(w.get("completion", "0"), 16),
            w.get("rescuer", False), int(w.get("pwq", "0"), 16))


def show(work):
    return f"{work[0]} {work[2]} of {work[3]} {work[1]:#x}"


def compare_works(c, prog, ours, stirred):
    pools = list(worker_pools(prog))
    mine = {int(p["address"], 16): p for p in ours.get("pools", [])}
    c.same("worker pools", sorted(mine), sorted(p.value_() for p in pools))
    for pool in pools:
        p, label = mine.get(pool.value_(), {}), f"pool {pool.id.value_()}"
        c.same(f"{label} cpu", p.get("cpu", -1), pool.cpu.value_())
        if stirred is None:
            c.same(f"{label} workers, idle", [p.get("workers", 0), p.get("idle", 0)],
                   [pool.nr_workers.value_(), pool.nr_idle.value_()])

    left, right = {our_work(w) for w in ours.get("works", [])}, set(drgn_works(prog, pools))
    for work in sorted(left | right, key=str):
        if stirred is not None and (not work[5] or work[5] in stirred):
            c.moved += 1
        else:
            c.same(f"work: {show(work)}", work in left, work in right)


# --- tasks ---

def scan_control(task):
    """The sc of the outermost function on the stack that reclaims, or None."""
    found = None
    for frame in task.prog_.stack_trace(task):
        if frame.name not in RECLAIMERS:
            continue
        try:
            sc = frame["sc"]
        except Exception:  # not in scope; drgn raises the bare class for expressions it does not know
            continue
        if not sc.absent_:
            found = sc if sc.type_.kind.name == "POINTER" else sc.address_of_()
    return found


def compare_task(c, prog, mine, task):
    label = f"{text(task.comm)}:{task.pid.value_()}"
    c.same(f"{label} reclaiming", mine.get("reclaiming", False), bool(task.reclaim_state))
    try:
        c.same(f"{label} in_memstall", mine.get("in_memstall", False), bool(task.in_memstall))
    except AttributeError:
        pass  # no CONFIG_PSI
    name = text(task.cgroups.dfl_cgrp.kn.name)
    c.same(f"{label} cgroup", mine.get("cgroup", ""), name or "/")
    if not task.reclaim_state or task.on_cpu:
        return
    sc = scan_control(task)
    if sc is None:
        return  # the compiler kept it nowhere
    c.same(f"{label} gfp", mine.get("reclaim_gfp", 0), sc.gfp_mask.value_())
    c.same(f"{label} order", mine.get("reclaim_order", 0), sc.order.value_())
    c.same(f"{label} priority", mine.get("reclaim_priority", 0), sc.priority.value_())
    c.same(f"{label} reclaimed", mine.get("reclaim_done_pages", 0), sc.nr_reclaimed.value_())


def compare_mempools(c, prog, ours):
    for m in ours.get("mempools", []):
        pool = Object(prog, "mempool_t *", int(m["address"], 16))
        c.same(f"mempool {m.get('name', '')} min, current", [m.get("min_nr", 0), m.get("curr_nr", 0)],
               [pool.min_nr.value_(), pool.curr_nr.value_()])


# --- who holds what ---

def live_stacks(tasks):
    """Of each task: where the part of its stack begins that is in use, and where it ends."""
    for address, task in tasks.items():
        base = task.stack.value_()
        yield address, base if task.on_cpu else task.thread.sp.value_(), base + 16384


def owner(stacks, address):
    return next((task for task, first, end in stacks if first <= address < end), 0)


def waited_for(ours, kind):
    return {int(t["on"], 16) for t in ours["tasks"] if t.get("on_kind") == kind}


def holders_of(ours, queue):
    """What we say: how many of them each task holds."""
    held = {}
    for h in ours.get("holders", []):
        if int(h["object"], 16) == queue:
            held[h["task"]] = held.get(h["task"], 0) + h["count"]
    return held


def counted(tasks):
    return {f"{task:#x}": tasks.count(task) for task in sorted(set(tasks)) if task}


def requests_held(tags, stacks):
    """By the lists that they are on, followed backwards."""
    waiting = [r for r in (tags.static_rqs[i] for i in range(tags.nr_tags))
               if r.state == tags.prog_["MQ_RQ_IDLE"]]
    nodes = {r.queuelist.address_of_().value_(): r.queuelist for r in waiting}
    owners = []
    for node in nodes.values():
        at = node.prev
        for _ in nodes:
            if at.value_() not in nodes:
                owners.append(owner(stacks, at.value_()))
                break
            at = at.prev
    return counted(owners)


def compare_holders(c, prog, ours, tasks):
    stacks = list(live_stacks(tasks))
    for address in waited_for(ours, "tags"):
        sbq = Object(prog, "struct sbitmap_queue", address=address)
        tags = container_of(sbq.address_of_(), "struct blk_mq_tags", "bitmap_tags")
        c.same(f"requests of {address:#x} held", holders_of(ours, address),
               requests_held(tags, stacks))


def main(prog, arguments):
    with open(arguments[-1], encoding="utf-8") as file:
        ours = json.load(file)
    ours = ours.get("snapshot", ours)
    mine = {int(task["task"], 16): task for task in ours["tasks"]}
    tasks = {task.value_(): task for task in for_each_task(prog)}
    stirred = None
    if "--moved" in arguments:
        stirred = {a for a, t in tasks.items()
                   if a not in mine or mine[a]["switches"] != t.nvcsw.value_() + t.nivcsw.value_()}
    c = Comparison()

    compare_disks(c, prog, ours)
    compare_sockets(c, prog, ours)
    compare_works(c, prog, ours, stirred)
    compare_mempools(c, prog, ours)
    compare_holders(c, prog, ours, tasks)
    for address, task in tasks.items():
        if stirred is None or address not in stirred:
            compare_task(c, prog, mine.get(address, {}), task)
        else:
            c.moved += 1
    print(json.dumps({"compared": c.compared, "differences": c.differences, "moved": c.moved}))
    return c.compared > 0 and c.differences == 0


if __name__ == "__main__":
    sys.exit(0 if main(prog, sys.argv[1:]) else 1)  # drgn sets prog
