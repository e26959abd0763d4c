// SPDX-License-Identifier: GPL-2.0-only
#include "run/limits.h"

#define PAGE_BYTES	 4096
#define BOOT_DEADLINE_US (120ll * G_USEC_PER_SEC)

/* DESIGN.md section 5: what does not fit goes out, and in again, on every pass after the first. */
static void set_floors(const struct scenario *s, struct judge_config *c)
{
	guint64 total_pages = 0, ram_pages = s->machine.memory_bytes / PAGE_BYTES;
	guint passes = G_MAXUINT, write_percent = 100;

	for (guint i = 0; i < s->pressures->len; i++) {
		const struct scenario_pressure *p = g_ptr_array_index(s->pressures, i);

		if (p->companion)
			continue;
		total_pages += p->total_bytes / PAGE_BYTES;
		passes = MIN(passes, p->passes);
		write_percent = MIN(write_percent, p->write_percent);
	}

	gint64 excess = total_pages > ram_pages ? total_pages - ram_pages : 0;
	/* The first pass pushes the excess out; later ones push out what they rewrote. */
	gint64 rewrites = passes > 2 ? excess * (passes - 2) * write_percent / 100 : 0;

	c->floor_out_pages = excess + rewrites;
	c->floor_in_pages = excess * (passes - 1);
	if (s->expect.floor_out_bytes >= 0)
		c->floor_out_pages = s->expect.floor_out_bytes / PAGE_BYTES;
	if (s->expect.floor_in_bytes >= 0)
		c->floor_in_pages = s->expect.floor_in_bytes / PAGE_BYTES;
	/* Without excess there is no pressure, whatever the floors say. */
	if (!excess && s->expect.floor_out_bytes < 0)
		c->floor_out_pages = 1;
}

struct judge_config limits_of(const struct scenario *s)
{
	struct judge_config c = {
		.boot_deadline_us = BOOT_DEADLINE_US,
		.press_deadline_us = (gint64)s->expect.deadline_s * G_USEC_PER_SEC,
	};

	set_floors(s, &c);
	return c;
}
