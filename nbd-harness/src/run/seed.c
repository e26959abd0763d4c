// SPDX-License-Identifier: GPL-2.0-only
/* One run as commands ask for it: where its record goes, and what became of it. */
#include "base/json.h"
#include "run/conclude.h"
#include "run/run.h"

static char *run_dir(const struct scenario *s, guint64 seed, const char *out)
{
	g_autofree char *slug = g_strdelimit(g_strdup(s->name), "/", '-');
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *when = g_date_time_format(now, "%Y%m%d-%H%M%S");
	g_autofree char *name = g_strdup_printf("%s-%s-seed%" G_GUINT64_FORMAT, slug, when, seed);

	return g_build_filename(out, name, NULL);
}

gboolean run_seed(const struct scenario *s, const struct run_options *options, const char *out,
		  struct run_result *result, GError **error)
{
	for (guint boot = 1;; boot++) {
		g_autofree char *dir = run_dir(s, options->seed, out);
		struct run_options here = *options;

		here.dir = dir;
		if (!run_scenario(s, &here, result, error))
			return FALSE;
		if (!result->spoilt || boot == RUN_BOOTS_MAX || run_interrupted())
			return TRUE;
		g_printerr("%s seed %" G_GUINT64_FORMAT ": spoilt, and not by the guest's kernel "
			   "(see %s/report.txt); begins again\n",
			   s->name, options->seed, result->dir);
		run_result_clear(result);
	}
}

void run_result_to_json(const struct run_result *r, JsonBuilder *b)
{
	json_add_string(b, "scenario", r->scenario);
	json_add_string(b, "verdict", verdict_name(r->verdict));
	json_add_string(b, "expected", verdict_name(r->expected));
	json_add_bool(b, "as_expected", r->as_expected);
	json_add_seconds(b, "detected_after_s", r->detected_after_us);
	json_add_seconds(b, "duration_s", r->duration_us);
	json_add_string(b, "run_dir", r->dir);
	traffic_to_json(&r->traffic, b);
	json_add_string(b, "signature", r->signature);
	json_add_string(b, "kernel", r->kernel);
	json_add_int(b, "seed", r->seed);
}

void run_result_clear(struct run_result *r)
{
	g_clear_pointer(&r->dir, g_free);
	g_clear_pointer(&r->scenario, g_free);
	g_clear_pointer(&r->signature, g_free);
	g_clear_pointer(&r->kernel, g_free);
}
