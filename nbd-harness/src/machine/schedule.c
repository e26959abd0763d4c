// SPDX-License-Identifier: GPL-2.0-only
#include "machine/schedule.h"

#define GUEST_PAGE_BYTES 4096

enum stage {
	STAGE_WAITING,
	STAGE_IN_FORCE,
	STAGE_HEALED, /* or over at once, or not drawn */
};

struct entry {
	const struct scenario_fault *fault;
	enum stage stage;
	gint64 at_ms; /* as drawn */
	gint64 began_ms;
};

struct schedule {
	const struct fault_ops *ops;
	gpointer data;
	GArray *entries; /* of struct entry */
};

static struct entry draw(const struct scenario_fault *f, guint64 seed)
{
	const guint32 words[] = { (guint32)seed, (guint32)(seed >> 32), g_str_hash(f->name) };
	struct entry entry = { .fault = f, .at_ms = f->at_ms };
	g_autoptr(GRand) rand = g_rand_new_with_seed_array(words, G_N_ELEMENTS(words));

	if (g_rand_double_range(rand, 0, 100) >= f->chance_percent)
		entry.stage = STAGE_HEALED;
	entry.at_ms += (gint64)g_rand_double_range(rand, 0, f->within_ms);
	return entry;
}

struct schedule *schedule_new(const struct scenario *scenario, guint64 seed,
			      const struct fault_ops *ops, gpointer data)
{
	struct schedule *s = g_new0(struct schedule, 1);

	s->ops = ops;
	s->data = data;
	s->entries = g_array_new(FALSE, TRUE, sizeof(struct entry));
	for (guint i = 0; i < scenario->faults->len; i++) {
		struct entry entry = draw(g_ptr_array_index(scenario->faults, i), seed);

		g_array_append_val(s->entries, entry);
	}
	return s;
}

void schedule_free(struct schedule *s)
{
	if (!s)
		return;
	g_array_unref(s->entries);
	g_free(s);
}

static gboolean is_due(const struct schedule *s, const struct entry *e, gint64 since_press_ms)
{
	const struct scenario_fault *f = e->fault;

	if (f->for_ms)
		return since_press_ms - e->began_ms >= (gint64)f->for_ms;
	return s->ops->is_over && s->ops->is_over(f, s->data);
}

static gboolean is_met(const struct scenario_fault *f, const struct sample *now)
{
	gint64 watermark = f->free_below == WATERMARK_MIN ? now->min_pages : now->low_pages;

	if (MAX(now->swap_out_pages, 0) * GUEST_PAGE_BYTES < (gint64)f->after_swap_out_bytes)
		return FALSE;
	return f->free_below == WATERMARK_NONE ||
	       (now->free_pages != SAMPLE_UNKNOWN && now->free_pages < watermark);
}

gboolean schedule_run(struct schedule *s, gint64 since_press_ms, const struct sample *now,
		      GError **error)
{
	for (guint i = 0; i < s->entries->len; i++) {
		struct entry *e = &g_array_index(s->entries, struct entry, i);
		const struct scenario_fault *f = e->fault;

		if (e->stage == STAGE_WAITING && since_press_ms >= e->at_ms && is_met(f, now)) {
			e->stage = STAGE_IN_FORCE;
			e->began_ms = since_press_ms;
			if (!s->ops->begin(f, s->data, error))
				return FALSE;
		} else if (e->stage == STAGE_IN_FORCE && is_due(s, e, since_press_ms)) {
			e->stage = STAGE_HEALED;
			if (!s->ops->end(f, s->data, error))
				return FALSE;
		}
	}
	return TRUE;
}
