// SPDX-License-Identifier: GPL-2.0-only
#include "machine/shape.h"

/* Frames that wait: more than what a window of TCP is worth at any delay that makes sense. */
#define LIMIT_FRAMES 20000

struct scenario_shape shape_with(struct scenario_shape usual, const struct scenario_fault *fault)
{
	const struct scenario_shape *f = &fault->shape;

	if (fault->kind == FAULT_PARTITION) {
		usual.loss_percent = 100;
		return usual;
	}
#define TAKE(field) usual.field = f->field ? f->field : usual.field
	TAKE(delay_ms);
	TAKE(jitter_ms);
	TAKE(loss_percent);
	TAKE(duplicate_percent);
	TAKE(reorder_percent);
	TAKE(corrupt_percent);
	TAKE(rate_bytes_per_s);
#undef TAKE
	return usual;
}

char *shape_netem(const struct scenario_shape *s)
{
	GString *out = g_string_new(NULL);

	g_string_printf(out,
			"limit %u delay %ums %ums loss %u%% duplicate %u%% corrupt %u%% "
			"rate %" G_GUINT64_FORMAT "bps",
			LIMIT_FRAMES, s->delay_ms, s->jitter_ms, s->loss_percent,
			s->duplicate_percent, s->corrupt_percent, s->rate_bytes_per_s);
	/* tc takes none, not even 0, without a delay. */
	if (s->delay_ms)
		g_string_append_printf(out, " reorder %u%%", s->reorder_percent);
	return g_string_free(out, FALSE);
}
