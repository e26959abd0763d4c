// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the link does is said once for each moment: a fault may change what the
 * link does usually, two faults at the same time must not both say the same
 * thing of the same direction.
 *
 * When a fault with a condition (after_swap_out=) begins nobody knows: from its
 * at= on it is taken to be in force for ever.
 */
#include "scenario/check_private.h"

#include <string.h>

#include "scenario/keys.h"

/* The members of a shape, by their keys. */
static const struct {
	const char *key;
	gsize offset;
	gboolean is_wide; /* guint64, else guint */
	gboolean needs_delay;
} members[] = {
	{ "delay", offsetof(struct scenario_shape, delay_ms), FALSE, FALSE },
	{ "jitter", offsetof(struct scenario_shape, jitter_ms), FALSE, TRUE },
	{ "loss", offsetof(struct scenario_shape, loss_percent), FALSE, FALSE },
	{ "duplicate", offsetof(struct scenario_shape, duplicate_percent), FALSE, FALSE },
	{ "reorder", offsetof(struct scenario_shape, reorder_percent), FALSE, TRUE },
	{ "corrupt", offsetof(struct scenario_shape, corrupt_percent), FALSE, FALSE },
	{ "rate", offsetof(struct scenario_shape, rate_bytes_per_s), TRUE, FALSE },
};

static gboolean is_set(const struct scenario_shape *shape, guint member)
{
	if (members[member].is_wide)
		return G_STRUCT_MEMBER(guint64, shape, members[member].offset) != 0;
	return G_STRUCT_MEMBER(guint, shape, members[member].offset) != 0;
}

/* The first key that is set, or NULL. */
static const char *first_set(const struct scenario_shape *shape)
{
	for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
		if (is_set(shape, i))
			return members[i].key;
	}
	return NULL;
}

gboolean check_is_of_link(enum fault_kind kind)
{
	return kind == FAULT_LINK || kind == FAULT_PARTITION || kind == FAULT_CARRIER;
}

static gboolean check_shape(const struct check *c, const char *label,
			    const struct scenario_shape *shape, guint delay_ms)
{
	for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
		if (is_set(shape, i) && members[i].needs_delay && !delay_ms)
			return check_fail(c, label, members[i].key, " needs a delay");
	}
	return TRUE;
}

/*
 * What the guest sends is shaped when the server's VM has received it, behind
 * the test of its checksum: a flipped bit would be the server's data (seen: a
 * page that came back different).
 */
static gboolean check_corruption(const struct check *c, const char *label,
				 const struct scenario_shape *shape, gboolean out)
{
	return !shape->corrupt_percent || !out ||
	       check_fail(c, label, "corrupt",
			  " is possible in a fault with direction=in only: the other way no "
			  "checksum would see it");
}

static guint64 end_ms(const struct scenario_fault *f)
{
	return f->for_ms && !f->after_swap_out_bytes ? f->at_ms + f->for_ms : G_MAXUINT64;
}

static gboolean overlap(const struct scenario_fault *a, const struct scenario_fault *b)
{
	return a->at_ms < end_ms(b) && b->at_ms < end_ms(a);
}

/* What @a and @b both say of a direction; NULL: nothing. */
static const char *both_say(const struct scenario_fault *a, const struct scenario_fault *b)
{
	if (!(a->out && b->out) && !(a->in && b->in))
		return NULL;
	if (a->kind == FAULT_PARTITION && b->kind == FAULT_PARTITION)
		return "kind";
	if (a->kind == FAULT_PARTITION || b->kind == FAULT_PARTITION)
		return NULL; /* nothing crosses, whatever else is said */
	for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
		if (is_set(&a->shape, i) && is_set(&b->shape, i))
			return members[i].key;
	}
	return NULL;
}

static gboolean check_together(const struct check *c, const char *label,
			       const struct scenario_fault *f, const struct scenario_fault *other)
{
	gboolean shapes = f->kind != FAULT_CARRIER;
	const char *key;

	if (!overlap(f, other))
		return TRUE;
	if (shapes && (other->kind == FAULT_SERVER_STOP || other->kind == FAULT_SERVER_KILL))
		return check_fail(c, label, "kind",
				  "=%s is done by the server's VM, which [fault %s] holds up "
				  "at that time",
				  fault_table[f->kind].name, other->name);
	if (f->kind == FAULT_CARRIER && other->kind == FAULT_CARRIER)
		return check_fail(c, label, "kind", "=carrier overlaps with [fault %s]",
				  other->name);
	if (!shapes || !check_is_of_link(other->kind) || other->kind == FAULT_CARRIER)
		return TRUE;
	key = both_say(f, other);
	return !key || check_fail(c, label, key,
				  " contradicts [fault %s], which is in force at "
				  "the same time in the same direction",
				  other->name);
}

static gboolean check_fault(const struct check *c, guint i)
{
	const struct scenario_fault *f = g_ptr_array_index(c->s->faults, i);
	g_autofree char *label = g_strconcat("fault ", f->name, NULL);
	const char *key = first_set(&f->shape);
	guint delay_ms = f->shape.delay_ms ? f->shape.delay_ms : c->s->link.shape.delay_ms;

	if (key && f->kind != FAULT_LINK)
		return check_fail(c, label, key, " needs kind=link, not %s",
				  fault_table[f->kind].name);
	if (!(f->out && f->in) && f->kind != FAULT_LINK && f->kind != FAULT_PARTITION)
		return check_fail(c, label, "direction", " needs kind=link or partition, not %s",
				  fault_table[f->kind].name);
	if (!check_is_of_link(f->kind))
		return TRUE;
	if (f->kind != FAULT_CARRIER && !c->s->link.pair)
		return check_fail(c, label, "kind", "=%s needs link.kind=pair",
				  fault_table[f->kind].name);
	if (f->kind == FAULT_LINK && !key)
		return check_fail(c, label, "kind",
				  "=link needs what is different: delay, jitter, loss, duplicate, "
				  "reorder, corrupt or rate");
	if (!check_shape(c, label, &f->shape, delay_ms) ||
	    !check_corruption(c, label, &f->shape, f->out))
		return FALSE;
	for (guint k = 0; k < c->s->faults->len; k++) {
		/* Of two of the link the later one is named; by others each may be held up. */
		const struct scenario_fault *other = g_ptr_array_index(c->s->faults, k);

		if ((k < i || !check_is_of_link(other->kind)) && k != i &&
		    !check_together(c, label, f, other))
			return FALSE;
	}
	return TRUE;
}

gboolean check_link(const struct check *c)
{
	const char *key = first_set(&c->s->link.shape);

	if (key && !c->s->link.pair)
		return check_fail(c, "link", key, " needs kind=pair");
	if (!check_shape(c, "link", &c->s->link.shape, c->s->link.shape.delay_ms) ||
	    !check_corruption(c, "link", &c->s->link.shape, TRUE))
		return FALSE;
	for (guint i = 0; i < c->s->faults->len; i++) {
		if (!check_fault(c, i))
			return FALSE;
	}
	return TRUE;
}
