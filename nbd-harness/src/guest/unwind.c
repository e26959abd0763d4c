// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sleeping task's stack begins at thread.sp with struct inactive_task_frame;
 * from its saved bp the frame pointers lead up.
 */
#include "guest/unwind.h"

struct unwinder {
	const struct guest *g;
};

struct unwinder *unwinder_new(const struct guest *g)
{
	struct unwinder *u = g_new0(struct unwinder, 1);

	u->g = g;
	return u;
}

void unwinder_free(struct unwinder *u)
{
	g_free(u);
}

gboolean stack_index(const struct stack *stack, guint64 address, guint *i)
{
	if (address < stack->sp || address >= stack->base + STACK_BYTES || (address & 7))
		return FALSE;
	*i = (address - stack->base) / 8;
	return TRUE;
}

static gboolean push_frame(const struct guest *g, struct task_facts *t, guint64 address,
			   gboolean guess)
{
	guint offset = 0;
	/* The return address may be the first byte of the next function. */
	const char *function = symbols_function(g->symbols, address - 1, &offset);

	if (!function || t->frames == STACK_FRAMES_MAX)
		return FALSE;
	t->stack[t->frames++] =
		(struct stack_frame){ address, g_intern_string(function), offset + 1, guess };
	return TRUE;
}

static void by_frame_pointers(const struct guest *g, const struct stack *stack,
			      struct task_facts *t)
{
	guint i;

	if (!stack_index(stack, stack->sp + g->at.frame_ret, &i))
		return;
	push_frame(g, t, stack->words[i], FALSE);

	guint64 bp = stack->words[i - 1];

	/* Each frame lies above the last one, so this ends. */
	while (stack_index(stack, bp, &i) && i + 1 < STACK_BYTES / 8 &&
	       push_frame(g, t, stack->words[i + 1], FALSE)) {
		if (stack->words[i] <= bp)
			break;
		bp = stack->words[i];
	}
}

static void scan(const struct guest *g, const struct stack *stack, struct task_facts *t)
{
	guint i;

	if (!stack_index(stack, stack->sp, &i))
		return;
	for (; i < STACK_BYTES / 8 && t->frames < STACK_FRAMES_MAX; i++) {
		if (stack->words[i] >= 0xffffffff80000000ull)
			push_frame(g, t, stack->words[i], TRUE);
	}
}

/* Copy the stack at @base from @sp on; the rest is nobody's. */
static gboolean copy_stack(const struct guest *g, guint64 base, guint64 sp, struct stack *stack)
{
	stack->base = base;
	stack->sp = sp;
	return guest_is_pointer(base) && sp - base < STACK_BYTES && !(sp & 7) &&
	       guest_read(g, sp, &stack->words[(sp - base) / 8], base + STACK_BYTES - sp);
}

gboolean unwind_task(const struct unwinder *u, struct task_facts *t, struct stack *stack)
{
	const struct guest *g = u->g;
	guint64 base, sp;

	/* An on-CPU task's thread.sp is stale: its stack needs the vCPU's registers. */
	if (t->on_cpu || !guest_u64(g, t->address + g->at.task_stack, &base) ||
	    !guest_u64(g, t->address + g->at.task_sp, &sp) || !copy_stack(g, base, sp, stack))
		return FALSE;
	(g->frame_pointers ? by_frame_pointers : scan)(g, stack, t);
	return TRUE;
}
