// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the link does is said once for each moment: a fault may change what the
 * link does usually, two faults at the same time must not both say the same
 * thing of the same direction.
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

static gboolean check_contradiction(const struct check *c, const char *label,
				    const struct scenario_fault *f,
				    const struct scenario_fault *other)
{
	const char *key = check_overlap(f, other) ? both_say(f, other) : NULL;

	return !key || check_fail(c, label, key,
				  " contradicts [fault %s], which is in force at "
				  "the same time in the same direction",
				  other->name);
}

static gboolean shapes(const struct scenario_fault *f)
{
	return f->kind == FAULT_LINK || f->kind == FAULT_PARTITION;
}

/* Keys that only some kinds have. */
static gboolean check_keys(const struct check *c, const char *label, const struct scenario_fault *f)
{
	const char *key = first_set(&f->shape), *kind = fault_table[f->kind].name;

	if (f->kind == FAULT_SWAP_SLOW)
		return (key && !strcmp(key, "rate")) ||
		       check_fail(c, label, "kind", "=swap-slow needs rate= and no other key");
	if (key && f->kind != FAULT_LINK)
		return check_fail(c, label, key, " needs kind=link, not %s", kind);
	if (!(f->out && f->in) && !shapes(f))
		return check_fail(c, label, "direction", " needs kind=link or partition, not %s",
				  kind);
	return key || f->kind != FAULT_LINK ||
	       check_fail(c, label, "kind",
			  "=link needs what is different: delay, jitter, loss, duplicate, "
			  "reorder, corrupt or rate");
}

static gboolean check_fault(const struct check *c, guint i)
{
	const struct scenario_fault *f = g_ptr_array_index(c->s->faults, i);
	g_autofree char *label = g_strconcat("fault ", f->name, NULL);
	guint delay_ms = f->shape.delay_ms ? f->shape.delay_ms : c->s->link.shape.delay_ms;

	if (!check_keys(c, label, f))
		return FALSE;
	if (!shapes(f))
		return TRUE;
	if (!check_shape(c, label, &f->shape, delay_ms) ||
	    !check_corruption(c, label, &f->shape, f->out))
		return FALSE;
	/* Of two the later one is named. */
	for (guint k = 0; k < i; k++) {
		const struct scenario_fault *other = g_ptr_array_index(c->s->faults, k);

		if (shapes(other) && !check_contradiction(c, label, f, other))
			return FALSE;
	}
	return TRUE;
}

gboolean check_link(const struct check *c)
{
	const char *key = first_set(&c->s->link.shape);

	if (key && !c->s->link.pair)
		return check_fail(c, "link", key, " needs kind=pair");
	if (*c->s->link.server_cmdline && !c->s->link.pair)
		return check_fail(c, "link", "server_cmdline", " needs kind=pair");
	if (!check_shape(c, "link", &c->s->link.shape, c->s->link.shape.delay_ms) ||
	    !check_corruption(c, "link", &c->s->link.shape, TRUE))
		return FALSE;
	for (guint i = 0; i < c->s->faults->len; i++) {
		if (!check_fault(c, i))
			return FALSE;
	}
	return TRUE;
}
