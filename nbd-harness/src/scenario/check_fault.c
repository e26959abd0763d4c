// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults: each by itself, then those that are in force at the same time.  When a fault
 * with a condition (after_swap_out=, free_below=) begins nobody knows: from its at= on it is taken
 * to be in force for ever, and so is one that is never healed.  What the seed draws is not known
 * either: one may be in force at any moment of within= and for=.
 */
#include "scenario/check_private.h"

#include <string.h>

#include "scenario/keys.h"

/* What a kind of fault is made of, as far as it makes a difference here. */
static const struct {
	gboolean heals;	     /* for= has a meaning */
	gboolean needs_pair; /* it is done to a VM of the server's own */
	gboolean asks_vm;    /* the server's VM carries it out ... */
	gboolean holds_vm;   /* ... which it cannot do while this is in force */
	gboolean drops;	     /* connections end: somebody must connect anew */
} kinds[FAULT_KINDS] = {
	[FAULT_SERVER_STOP] = { .heals = TRUE, .holds_vm = TRUE },
	[FAULT_SERVER_KILL] = { .holds_vm = TRUE },
	[FAULT_SERVER_RESET] = { .asks_vm = TRUE, .drops = TRUE },
	[FAULT_SERVER_RESTART] = { TRUE, .needs_pair = TRUE, .asks_vm = TRUE, .drops = TRUE },
	[FAULT_SERVER_REBOOT] = { .needs_pair = TRUE, .holds_vm = TRUE, .drops = TRUE },
	[FAULT_VM_STOP] = { .heals = TRUE },
	[FAULT_SWAP_EIO] = { .heals = TRUE, .asks_vm = TRUE },
	[FAULT_SWAP_ENOSPC] = { .heals = TRUE, .needs_pair = TRUE, .asks_vm = TRUE },
	[FAULT_SWAP_SLOW] = { .heals = TRUE, .needs_pair = TRUE },
	[FAULT_GUEST_WRITE] = { .heals = TRUE },
	[FAULT_SWAPOFF] = { .heals = TRUE },
	[FAULT_CLOCK_JUMP] = { .heals = TRUE },
	[FAULT_BALLOON] = { .heals = TRUE },
	[FAULT_LINK] = { .heals = TRUE, .needs_pair = TRUE, .asks_vm = TRUE },
	[FAULT_PARTITION] = { .heals = TRUE, .needs_pair = TRUE, .asks_vm = TRUE },
	[FAULT_CARRIER] = { .heals = TRUE },
};

static gboolean check_server(const struct check *c, const struct scenario_fault *f,
			     const char *label)
{
	const char *kind = fault_table[f->kind].name;

	if (kinds[f->kind].needs_pair && !c->s->link.pair)
		return check_fail(c, label, "kind", "=%s needs link.kind=pair", kind);
	if (f->kind == FAULT_SWAP_EIO && !c->s->link.pair && strcmp(c->s->swap.backend, "nbdkit"))
		return check_fail(c, label, "kind",
				  "=swap-eio needs swap.backend=nbdkit or link.kind=pair; %s "
				  "cannot fail requests",
				  c->s->swap.backend);
	if (f->kind == FAULT_SWAP_FLIP && g_str_has_prefix(c->s->swap.transport, "nfs"))
		return check_fail(c, label, "kind",
				  "=swap-flip would damage the file system that %s serves from",
				  c->s->swap.backend);
	if (f->kind == FAULT_SERVER_RESET && !c->s->link.pair &&
	    strcmp(c->s->swap.backend, "nbd-server"))
		return check_fail(
			c, label, "kind",
			"=server-reset needs swap.backend=nbd-server, which has a process for each "
			"connection; %s has not",
			c->s->swap.backend);
	if (kinds[f->kind].drops && scenario_is_over_nbd(c->s) && !c->s->swap.reconnect)
		return check_fail(c, label, "kind",
				  "=%s needs swap.reconnect=yes: nobody else connects anew", kind);
	return TRUE;
}

static gboolean check_write(const struct check *c, const struct scenario_fault *f,
			    const char *label)
{
	gboolean writes = f->kind == FAULT_GUEST_WRITE;

	if (writes && (!f->file || !f->value))
		return check_fail(c, label, "kind", "=guest-write needs file= and value=");
	if (writes && *f->file != '/')
		return check_fail(c, label, "file", "=%s is not an absolute path in the guest",
				  f->file);
	if (writes && strpbrk(f->file, " \t"))
		return check_fail(c, label, "file", "=%s must not hold blanks", f->file);
	if (!writes && (f->file || f->value || f->heal_value))
		return check_fail(c, label,
				  f->file    ? "file"
				  : f->value ? "value"
					     : "heal_value",
				  " needs kind=guest-write, not %s", fault_table[f->kind].name);
	if (writes && !f->for_ms != !f->heal_value)
		return check_fail(c, label, f->for_ms ? "for" : "heal_value",
				  " needs %s, too: what is written when, and what then",
				  f->for_ms ? "heal_value=" : "for=");
	return TRUE;
}

#define MIB (1ull << 20)

/* Keys that one kind has, and needs. */
static gboolean check_amounts(const struct check *c, const struct scenario_fault *f,
			      const char *label)
{
	const char *kind = fault_table[f->kind].name;
	guint64 jump_ms = f->jump_ms, size_bytes = f->size_bytes;

	if (!jump_ms != (f->kind != FAULT_CLOCK_JUMP))
		return jump_ms ? check_fail(c, label, "jump", " needs kind=clock-jump, not %s",
					    kind)
			       : check_fail(c, label, "kind", "=clock-jump needs jump=");
	if (jump_ms % 1000)
		return check_fail(c, label, "jump", " must be whole seconds");
	if (!size_bytes != (f->kind != FAULT_BALLOON))
		return size_bytes
			       ? check_fail(c, label, "size", " needs kind=balloon, not %s", kind)
			       : check_fail(c, label, "kind", "=balloon needs size=");
	if (size_bytes % MIB)
		return check_fail(c, label, "size", " must be a multiple of 1M");
	return size_bytes < c->s->machine.memory_bytes ||
	       check_fail(c, label, "size", " is not less than machine.memory");
}

static gboolean check_time(const struct check *c, const struct scenario_fault *f, const char *label)
{
	if (f->at_ms + f->within_ms >= c->s->expect.deadline_s * 1000ull)
		return check_fail(c, label, f->within_ms ? "within" : "at",
				  " is not before expect.deadline=%us; it would never happen",
				  c->s->expect.deadline_s);
	if (!f->chance_percent)
		return check_fail(c, label, "chance", "=0%% is a fault that no seed has");
	if (f->for_ms && !kinds[f->kind].heals)
		return check_fail(c, label, "for", " has no meaning: %s cannot be healed",
				  fault_table[f->kind].name);
	/* Nothing can be judged about a machine that never runs again. */
	if (!f->for_ms && f->kind == FAULT_VM_STOP)
		return check_fail(c, label, "for",
				  " is missing: say how long the machine is paused");
	return TRUE;
}

static guint64 end_ms(const struct scenario_fault *f)
{
	return f->for_ms && !f->after_swap_out_bytes && !f->free_below
		       ? f->at_ms + f->within_ms + f->for_ms
		       : G_MAXUINT64;
}

gboolean check_overlap(const struct scenario_fault *a, const struct scenario_fault *b)
{
	return a->at_ms < end_ms(b) && b->at_ms < end_ms(a);
}

/* Two of a kind that heal undo each other, unless it is to different files. */
static gboolean undo_each_other(const struct scenario_fault *a, const struct scenario_fault *b)
{
	/* check_link.c compares what they say of the link. */
	return a->kind == b->kind && kinds[a->kind].heals && a->kind != FAULT_LINK &&
	       a->kind != FAULT_PARTITION && !(a->file && g_strcmp0(a->file, b->file));
}

/* Of two that cannot be at the same time the one that is done to or by the other is named. */
static gboolean check_together(const struct check *c, const struct scenario_fault *f,
			       const struct scenario_fault *other, gboolean is_first,
			       const char *label)
{
	gboolean disk = f->kind == FAULT_SWAP_EIO || f->kind == FAULT_SWAP_ENOSPC;
	gboolean other_disk = other->kind == FAULT_SWAP_EIO || other->kind == FAULT_SWAP_ENOSPC;

	if (!check_overlap(f, other))
		return TRUE;
	if (c->s->link.pair && kinds[f->kind].asks_vm && kinds[other->kind].holds_vm)
		return check_fail(c, label, "kind",
				  "=%s is done by the server's VM, which [fault %s] holds up "
				  "at that time",
				  fault_table[f->kind].name, other->name);
	if (is_first)
		return TRUE;
	if (undo_each_other(f, other) || (disk && other_disk))
		return check_fail(c, label, "kind", "=%s overlaps with [fault %s]",
				  fault_table[f->kind].name, other->name);
	return TRUE;
}

static gboolean check_fault(const struct check *c, guint i)
{
	const struct scenario_fault *f = g_ptr_array_index(c->s->faults, i);
	g_autofree char *label = g_strconcat("fault ", f->name, NULL);

	if (!check_server(c, f, label) || !check_write(c, f, label) ||
	    !check_amounts(c, f, label) || !check_time(c, f, label))
		return FALSE;
	for (guint k = 0; k < c->s->faults->len; k++) {
		if (k != i &&
		    !check_together(c, f, g_ptr_array_index(c->s->faults, k), k > i, label))
			return FALSE;
	}
	return TRUE;
}

gboolean check_faults(const struct check *c)
{
	for (guint i = 0; i < c->s->faults->len; i++) {
		if (!check_fault(c, i))
			return FALSE;
	}
	return TRUE;
}
