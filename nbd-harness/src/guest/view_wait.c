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
 */
#include "guest/view_wait.h"

#include "judge/waits.h"

#define WAITERS_MAX    4096
#define MUTEX_FLAGS    7ull /* low bits of mutex.owner, kernel/locking/mutex.c */
#define MUTEX_PICKUP   4ull /* of these: it was handed to the owner, who is being woken */
#define RWSEM_READER   1ull /* RWSEM_READER_OWNED of rw_semaphore.owner, kernel/locking/rwsem.c */
#define RWSEM_FLAGS    3ull /* and RWSEM_NONSPINNABLE; 6.1 to 7.3 */
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
	/* Of each kind: node of a ring -> its head.  A ring is walked once, not by each waiter. */
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

static gboolean try_mutex(const struct guest *g, GHashTable *heads, guint64 address,
			  struct task_facts *t)
{
	gint to_task = g->at.mutex_waiter_task - g->at.mutex_waiter_list;
	guint64 head = head_of_ring(g, heads, address - to_task, on_stack_of_named, to_task);
	guint64 mutex = head - g->at.mutex_wait_list, word, owner;

	if (!head || !guest_u64(g, mutex + g->at.mutex_owner, &word))
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
static gboolean try_rwsem(const struct guest *g, GHashTable *heads, guint64 address,
			  struct task_facts *t)
{
	if (g->at.rwsem_waiter_task == LAYOUT_NONE || g->at.rwsem_waiter_list == LAYOUT_NONE ||
	    g->at.rwsem_owner == LAYOUT_NONE || g->at.rwsem_wait_list == LAYOUT_NONE)
		return FALSE;

	gint to_task = g->at.rwsem_waiter_task - g->at.rwsem_waiter_list;
	guint64 head = head_of_ring(g, heads, address - to_task, on_stack_of_named, to_task);
	guint64 rwsem = head - g->at.rwsem_wait_list, owner;

	if (!head || !guest_u64(g, rwsem + g->at.rwsem_owner, &owner))
		return FALSE;
	owner = owner & RWSEM_READER ? 0 : owner & ~RWSEM_FLAGS;
	if (owner && !looks_like_task(g, owner))
		return FALSE;
	set_name(t, g, rwsem);
	return found(t, OBJECT_RWSEM, rwsem, owner);
}

static gboolean try_completion(const struct guest *g, GHashTable *heads, guint64 address,
			       struct task_facts *t)
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

static gboolean try_folio(const struct guest *g, GHashTable *heads, guint64 address,
			  struct task_facts *t)
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

static gboolean try_tags(const struct guest *g, GHashTable *heads, guint64 address,
			 struct task_facts *t)
{
	guint64 entry, queue = queue_of(g, heads, address, &entry), sbq, queues;

	if (!queue || g->at.sbq_wait_sbq == LAYOUT_NONE || g->at.sbq_queues == LAYOUT_NONE ||
	    !guest_u64(g, entry - g->at.sbq_wait_wait + g->at.sbq_wait_sbq, &sbq) ||
	    !guest_is_pointer(sbq) || !guest_u64(g, sbq + g->at.sbq_queues, &queues) ||
	    queue - queues >= SBQ_QUEUES * SBQ_QUEUE_MAX)
		return FALSE;
	return found(t, OBJECT_TAGS, sbq, 0);
}

static gboolean try_mempool(const struct guest *g, GHashTable *heads, guint64 address,
			    struct task_facts *t)
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
static gboolean try_socket(const struct guest *g, GHashTable *heads, guint64 address,
			   struct task_facts *t)
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
static gboolean try_queue(const struct guest *g, GHashTable *heads, guint64 address,
			  struct task_facts *t)
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
	static gboolean (*const tries[WAIT_KINDS])(const struct guest *, GHashTable *, guint64,
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
		    tries[kind](v->g, v->heads[kind], stack->base + i * 8, t))
			return;
	}
}
