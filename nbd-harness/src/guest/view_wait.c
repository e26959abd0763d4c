// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sleeper's wait entry lies on its own stack and names the sleeper:
 *
 *   mutex_waiter, rwsem_waiter   { list, task }            on the lock's wait_list
 *   swait_queue                  { task, task_list }       on a completion's queue
 *   wait_queue_entry             { .., private, func, entry } on a wait_queue_head,
 *     within wait_page_queue     { folio, bit_nr, wait }   (func wake_page_function)
 *     within sbq_wait            { sbq, wait }             of blk-mq's tags
 *
 * Which of them to look for, the frames say (judge/waits.h); the stack is then
 * searched from its innermost word out.  Words on a stack may be left over
 * from calls that returned, so an entry is believed only if it is linked both
 * ways, and the ring that it is on leads, within bounds, to one node that is
 * no entry: the head, inside the object, which must look like one itself.
 *
 * Newer mutexes and rw_semaphores have no head: they point to the first waiter
 * of a ring of waiters only.  Such a lock is found from the sleeper's stack,
 * where the function that waits keeps its address: it is the one that points
 * to a waiter on this ring.
 */
#include "guest/view_wait.h"

#include "judge/waits.h"

#define WAITERS_MAX    4096
#define MUTEX_FLAGS    7ull /* low bits of mutex.owner, kernel/locking/mutex.c */
#define MUTEX_PICKUP   4ull /* of these: it was handed to the owner, who is being woken */
#define RWSEM_READER   1ull /* RWSEM_READER_OWNED of rw_semaphore.owner, kernel/locking/rwsem.c */
#define RWSEM_FLAGS    7ull /* and RWSEM_NONSPINNABLE, two of them in 5.10 */
#define MEMPOOL_NR_MAX (1u << 20)
#define SBQ_QUEUES     8   /* SBQ_WAIT_QUEUES, include/linux/sbitmap.h */
#define SBQ_QUEUE_MAX  128 /* bytes between them, at most: a cache line, or two */

/* A task_struct keeps its stack pointer, stale or not, within its stack. */
static gboolean looks_like_task(const struct guest *g, guint64 task)
{
	guint64 stack, sp;

	return guest_is_pointer(task) && guest_u64(g, task + g->at.task_stack, &stack) &&
	       guest_u64(g, task + g->at.task_sp, &sp) && guest_is_pointer(stack) &&
	       sp - stack < STACK_BYTES;
}

/* The node lies on the stack of the task that the word @to_task bytes from it names. */
static gboolean on_stack_of_named(const struct guest *g, guint64 node, gint to_task)
{
	guint64 task, stack;

	return guest_u64(g, node + to_task, &task) && looks_like_task(g, task) &&
	       guest_u64(g, task + g->at.task_stack, &stack) && node - stack < STACK_BYTES;
}

/* The node is the entry of a wait_queue_entry, wherever it lies: its func is a function. */
static gboolean has_wake_function(const struct guest *g, guint64 node, gint to_func)
{
	guint64 func;
	guint offset;

	return guest_u64(g, node + to_func, &func) && symbols_function(g->symbols, func, &offset) &&
	       !offset;
}

typedef gboolean (*is_entry_fn)(const struct guest *g, guint64 node, gint arg);

struct view_wait {
	const struct guest *g;
	/* Of each kind: node of a ring -> its head, or its lock.  A ring is walked once, not by
	 * each waiter. */
	GHashTable *heads[WAIT_KINDS];
};

struct view_wait *view_wait_new(const struct guest *g)
{
	struct view_wait *v = g_new0(struct view_wait, 1);

	v->g = g;
	for (guint i = 0; i < WAIT_KINDS; i++)
		v->heads[i] = g_hash_table_new(NULL, NULL);
	return v;
}

void view_wait_free(struct view_wait *v)
{
	if (!v)
		return;
	for (guint i = 0; i < WAIT_KINDS; i++)
		g_hash_table_unref(v->heads[i]);
	g_free(v);
}

/* The one node of the ring at @node that is no entry, 0 if the ring does not hold together. */
static guint64 head_of_ring(const struct guest *g, GHashTable *heads, guint64 node,
			    is_entry_fn is_entry, gint arg)
{
	guint64 head = 0, at = node, passed[WAITERS_MAX];
	guint n = 0;

	while (n < WAITERS_MAX) {
		head = GPOINTER_TO_SIZE(g_hash_table_lookup(heads, GSIZE_TO_POINTER(at)));
		if (head)
			break;
		passed[n++] = at;
		if (!guest_is_linked(g, at) || !guest_u64(g, at, &at) || at == node)
			return 0;
		if (!is_entry(g, at, arg)) {
			head = guest_is_linked(g, at) ? at : 0;
			break;
		}
	}
	while (head && n)
		g_hash_table_insert(heads, GSIZE_TO_POINTER(passed[--n]), GSIZE_TO_POINTER(head));
	return head;
}

/* The nodes of the ring at @node, all of them entries, into @nodes; 0 if it does not hold together.
 */
static guint nodes_of_ring(const struct guest *g, guint64 node, gint to_task,
			   guint64 nodes[WAITERS_MAX])
{
	guint64 at = node;
	guint n = 0;

	do {
		if (n == WAITERS_MAX || !on_stack_of_named(g, at, to_task) ||
		    !guest_is_linked(g, at))
			return 0;
		nodes[n++] = at;
	} while (guest_u64(g, at, &at) && at != node);
	return at == node ? n : 0;
}

static gboolean is_among(guint64 node, const guint64 *nodes, guint n)
{
	for (guint i = 0; i < n; i++) {
		if (nodes[i] == node)
			return TRUE;
	}
	return FALSE;
}

/* The lock, of those whose address is on @stack, that points @first bytes on to a waiter on the
 * ring at @node, or 0. */
static guint64 lock_of_ring(const struct guest *g, GHashTable *locks, guint64 node, gint to_task,
			    guint list, guint first, const struct stack *stack)
{
	guint64 lock = GPOINTER_TO_SIZE(g_hash_table_lookup(locks, GSIZE_TO_POINTER(node)));
	guint64 nodes[WAITERS_MAX], waiter;
	guint n, i;

	if (lock)
		return lock;
	n = nodes_of_ring(g, node, to_task, nodes);
	if (!n || !stack_index(stack, stack->sp, &i))
		return 0;
	for (; i < STACK_BYTES / 8 && !lock; i++) {
		guint64 word = stack->words[i];

		if (guest_is_pointer(word) && word - stack->base >= STACK_BYTES &&
		    guest_u64(g, word + first, &waiter) && waiter &&
		    is_among(waiter + list, nodes, n))
			lock = word;
	}
	while (lock && n)
		g_hash_table_insert(locks, GSIZE_TO_POINTER(nodes[--n]), GSIZE_TO_POINTER(lock));
	return lock;
}

static void set_name(struct task_facts *t, const struct guest *g, guint64 address)
{
	guint offset = 0;
	const char *name = symbols_at(g->symbols, address, 0, &offset);

	g_strlcpy(t->on.name, name ? name : "", sizeof(t->on.name));
}

static gboolean found(struct task_facts *t, enum object_kind kind, guint64 address, guint64 owner)
{
	t->on.kind = kind;
	t->on.address = address;
	t->on.owner = owner;
	return TRUE;
}

/* Each of these looks at the word @address of the stack, which names the task. */

/* A kind of lock: where it keeps its waiters, and where these have their list and task. */
struct lock_kind {
	guint wait_list, first_waiter, waiter_list, waiter_task;
};

/* The lock on which the waiter whose task is at @address queues, or 0. */
static guint64 lock_of(const struct guest *g, GHashTable *heads, const struct lock_kind *kind,
		       guint64 address, const struct stack *stack)
{
	gint to_task = kind->waiter_task - kind->waiter_list;
	guint64 node = address - to_task, head;

	if (kind->wait_list != LAYOUT_NONE) {
		head = head_of_ring(g, heads, node, on_stack_of_named, to_task);
		return head ? head - kind->wait_list : 0;
	}
	return kind->first_waiter == LAYOUT_NONE
		       ? 0
		       : lock_of_ring(g, heads, node, to_task, kind->waiter_list,
				      kind->first_waiter, stack);
}

static gboolean try_mutex(const struct guest *g, GHashTable *heads, const struct stack *stack,
			  guint64 address, struct task_facts *t)
{
	const struct lock_kind kind = { g->at.mutex_wait_list, g->at.mutex_first_waiter,
					g->at.mutex_waiter_list, g->at.mutex_waiter_task };
	guint64 mutex = lock_of(g, heads, &kind, address, stack), word, owner;

	if (!mutex || !guest_u64(g, mutex + g->at.mutex_owner, &word))
		return FALSE;
	owner = word & ~MUTEX_FLAGS;
	if (owner && !looks_like_task(g, owner))
		return FALSE;
	if (owner == t->address && word & MUTEX_PICKUP)
		return FALSE; /* its wait is over */
	set_name(t, g, mutex);
	return found(t, OBJECT_MUTEX, mutex, owner);
}

/* The owner is known while a writer holds it; of readers the kernel keeps only a count. */
static gboolean try_rwsem(const struct guest *g, GHashTable *heads, const struct stack *stack,
			  guint64 address, struct task_facts *t)
{
	const struct lock_kind kind = { g->at.rwsem_wait_list, g->at.rwsem_first_waiter,
					g->at.rwsem_waiter_list, g->at.rwsem_waiter_task };
	guint64 rwsem, owner;

	if (g->at.rwsem_waiter_task == LAYOUT_NONE || g->at.rwsem_waiter_list == LAYOUT_NONE ||
	    g->at.rwsem_owner == LAYOUT_NONE)
		return FALSE;
	rwsem = lock_of(g, heads, &kind, address, stack);
	if (!rwsem || !guest_u64(g, rwsem + g->at.rwsem_owner, &owner))
		return FALSE;
	owner = owner & RWSEM_READER ? 0 : owner & ~RWSEM_FLAGS;
	if (owner && !looks_like_task(g, owner))
		return FALSE;
	set_name(t, g, rwsem);
	return found(t, OBJECT_RWSEM, rwsem, owner);
}

static gboolean try_completion(const struct guest *g, GHashTable *heads, const struct stack *stack,
			       guint64 address, struct task_facts *t)
{
	guint64 node = address - g->at.swait_task + g->at.swait_list;
	guint64 head = head_of_ring(g, heads, node, on_stack_of_named,
				    g->at.swait_task - g->at.swait_list);
	guint64 completion = head - g->at.completion_list;
	guint32 done;

	/* Whoever still queues on it was not told: done is 0. */
	if (!head || !guest_u32(g, completion + g->at.completion_done, &done) || done)
		return FALSE;
	set_name(t, g, completion);
	return found(t, OBJECT_COMPLETION, completion, 0);
}

/* The head of the wait queue on which the entry whose private is at @address queues, or 0. */
static guint64 queue_of(const struct guest *g, GHashTable *heads, guint64 address, guint64 *entry)
{
	guint64 head;

	*entry = address - g->at.wait_private;
	head = head_of_ring(g, heads, *entry + g->at.wait_entry, has_wake_function,
			    g->at.wait_func - g->at.wait_entry);
	if (!head ||
	    !has_wake_function(g, *entry + g->at.wait_entry, g->at.wait_func - g->at.wait_entry))
		return 0;
	return head - g->at.queue_list;
}

static gboolean try_folio(const struct guest *g, GHashTable *heads, const struct stack *stack,
			  guint64 address, struct task_facts *t)
{
	guint64 entry, folio, func;
	guint32 bit;

	if (!queue_of(g, heads, address, &entry) || !guest_u64(g, entry + g->at.wait_func, &func) ||
	    func != symbols_address(g->symbols, "wake_page_function") ||
	    g->at.page_queue_folio == LAYOUT_NONE)
		return FALSE;

	guint64 queue = entry - g->at.page_queue_wait;

	if (!guest_u64(g, queue + g->at.page_queue_folio, &folio) || !guest_is_pointer(folio) ||
	    !guest_u32(g, queue + g->at.page_queue_bit, &bit) || bit > 63)
		return FALSE;
	t->on.bit = bit;
	g_strlcpy(t->on.name,
		  bit == g->at.pg_locked      ? "locked"
		  : bit == g->at.pg_writeback ? "writeback"
					      : "flag",
		  sizeof(t->on.name));
	return found(t, OBJECT_FOLIO, folio, 0);
}

static gboolean try_tags(const struct guest *g, GHashTable *heads, const struct stack *stack,
			 guint64 address, struct task_facts *t)
{
	guint64 entry, queue = queue_of(g, heads, address, &entry), sbq, queues;

	if (!queue || g->at.sbq_wait_sbq == LAYOUT_NONE || g->at.sbq_queues == LAYOUT_NONE ||
	    !guest_u64(g, entry - g->at.sbq_wait_wait + g->at.sbq_wait_sbq, &sbq) ||
	    !guest_is_pointer(sbq) || !guest_u64(g, sbq + g->at.sbq_queues, &queues) ||
	    queue - queues >= SBQ_QUEUES * SBQ_QUEUE_MAX)
		return FALSE;
	return found(t, OBJECT_TAGS, sbq, 0);
}

static gboolean try_mempool(const struct guest *g, GHashTable *heads, const struct stack *stack,
			    guint64 address, struct task_facts *t)
{
	guint64 entry, queue = queue_of(g, heads, address, &entry), elements;
	guint64 pool = queue - g->at.mempool_wait;
	guint32 min_nr, curr_nr;

	if (!queue || g->at.mempool_wait == LAYOUT_NONE ||
	    !guest_u32(g, pool + g->at.mempool_min_nr, &min_nr) ||
	    !guest_u32(g, pool + g->at.mempool_curr_nr, &curr_nr) ||
	    !guest_u64(g, pool + g->at.mempool_elements, &elements) ||
	    !guest_is_pointer(elements) || min_nr > MEMPOOL_NR_MAX || curr_nr > min_nr)
		return FALSE;
	set_name(t, g, pool);
	return found(t, OBJECT_MEMPOOL, pool, 0);
}

/* lock_sock()'s, until the user who owns the socket releases it. */
static gboolean try_socket(const struct guest *g, GHashTable *heads, const struct stack *stack,
			   guint64 address, struct task_facts *t)
{
	guint64 entry, queue = queue_of(g, heads, address, &entry);
	guint64 sock = queue - g->at.sock_lock_queue;
	guint32 locked;

	if (!queue || g->at.sock_lock_queue == LAYOUT_NONE || g->at.sock_locked == LAYOUT_NONE ||
	    !guest_u32(g, sock + g->at.sock_locked, &locked) || locked != 1)
		return FALSE;
	return found(t, OBJECT_SOCKET, sock, 0);
}

/* Any other wait queue: named if it is a variable, or in a node's pglist_data. */
static gboolean try_queue(const struct guest *g, GHashTable *heads, const struct stack *stack,
			  guint64 address, struct task_facts *t)
{
	guint64 entry, queue = queue_of(g, heads, address, &entry);

	if (!queue)
		return FALSE;
	set_name(t, g, queue);
	for (guint i = 0; i < g->nodes; i++) {
		if (g->at.node_pfmemalloc_wait != LAYOUT_NONE &&
		    queue == g->node[i] + g->at.node_pfmemalloc_wait)
			g_strlcpy(t->on.name, "pfmemalloc_wait", sizeof(t->on.name));
	}
	return found(t, OBJECT_QUEUE, queue, 0);
}

void view_wait_find(const struct view_wait *v, const struct stack *stack, struct task_facts *t)
{
	static gboolean (*const tries[WAIT_KINDS])(const struct guest *, GHashTable *,
						   const struct stack *, guint64,
						   struct task_facts *) = {
		[WAIT_MUTEX] = try_mutex,   [WAIT_RWSEM] = try_rwsem,
		[WAIT_IO] = try_folio,	    [WAIT_COMPLETION] = try_completion,
		[WAIT_TAG] = try_tags,	    [WAIT_MEMPOOL] = try_mempool,
		[WAIT_MEMORY] = try_queue,  [WAIT_SEND] = try_queue,
		[WAIT_RECEIVE] = try_queue, [WAIT_OTHER] = try_queue,
		[WAIT_SOCKET] = try_socket,
	};
	enum wait_kind kind = wait_kind_by_stack(t);
	guint i;

	if (!tries[kind] || !stack_index(stack, stack->sp, &i))
		return;
	for (; i < STACK_BYTES / 8; i++) {
		if (stack->words[i] == t->address &&
		    tries[kind](v->g, v->heads[kind], stack, stack->base + i * 8, t))
			return;
	}
}
