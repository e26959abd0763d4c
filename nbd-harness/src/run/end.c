// SPDX-License-Identifier: GPL-2.0-only
/* The end of a run: its evidence is saved in order of its worth, the verdict first. */
#include <board.h>
#include <string.h>

#include "base/json.h"
#include "guest/view_reserve.h"
#include "machine/registers.h"
#include "run/conclude.h"
#include "run/open.h"
#include "run/run_private.h"
#include "run/vmcore.h"

static void save_blobs(struct run *r)
{
	const struct board *board = r->machine->board;

	for (guint i = 0; i < MIN(board->blobs_used, BOARD_BLOBS); i++) {
		char name[sizeof(board->blobs[i].name)];
		gsize bytes;

		g_strlcpy(name, board->blobs[i].name, sizeof(name));
		if (!g_str_has_prefix(name, "result/"))
			continue;

		const void *data = open_blob(board, name, &bytes);
		g_autofree char *base = g_path_get_basename(name);
		g_autofree char *file = g_strdup_printf("result-%s.json", base);
		g_autofree char *path = record_path(r->record, file);

		/* The name is the guest's word: only its last part is used. */
		if (data)
			run_check_recorded(r, g_file_set_contents(path, data, bytes, NULL));
	}
}

/* Also of a guest that came to rest, so that snapshots were taken, and nobody knows why. */
static gboolean wants_vmcore(const struct ruling *ruling)
{
	return ruling->verdict != VERDICT_PASS && ruling->verdict != VERDICT_INFRA &&
	       (ruling->verdict != VERDICT_INCONCLUSIVE || ruling->snapshot);
}

static void save_vmcore(struct run *r)
{
	g_autofree char *path = record_path(r->record, "vmcore.zst");
	g_autoptr(GError) error = NULL;

	progress_update(r->progress, -1, "saving the vmcore");
	machine_pause(r->machine, NULL);

	/* Nobody to ask when QEMU is gone. */
	g_autoptr(GArray) cpus = vcpu_registers_read(r->machine->qemu->qmp, NULL);

	if (!vmcore_write(r->guest, cpus, r->vmcoreinfo, path, &error))
		progress_note("netswap: %s", error->message);
}

/* What `make bench` measures with. */
static gboolean write_timing(struct run *r, GError **error)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	if (r->swap_on_us)
		json_add_seconds(b, "qemu_to_swap_on_s", r->swap_on_us - r->machine->qemu_start_us);
	json_add_seconds(b, "pressure_s",
			 r->press_host_us < 0 ? 0 : r->pressed_us - r->press_host_us);
	json_add_int(b, "touched_pages", r->now.touched_pages);
	json_add_int(b, "samples", r->ticks);
	json_add_int(b, "cpu_us_per_sample", r->ticks ? r->tick_cpu_us / r->ticks : 0);
	json_builder_end_object(b);
	return record_json(r->record, "timing.json", b, error);
}

/* What the kernel has counted of its reserve, if it does. */
static void save_reserve(struct run *r)
{
	g_autoptr(GArray) reserve = g_array_new(FALSE, TRUE, sizeof(struct reserve_facts));
	g_autoptr(JsonBuilder) b = json_builder_new();

	if (!view_reserve_snapshot(r->guest, reserve) || !reserve->len)
		return;
	json_builder_begin_object(b);
	for (guint i = 0; i < reserve->len; i++) {
		const struct reserve_facts *counter =
			&g_array_index(reserve, struct reserve_facts, i);

		json_add_int(b, counter->name, counter->count);
	}
	json_builder_end_object(b);
	run_check_recorded(r, record_json(r->record, "reserve.json", b, NULL));
}

gboolean run_save(struct run *r, struct run_result *result, GError **error)
{
	const struct ruling *ruling = judge_conclude(r->judge);
	g_autoptr(JsonObject) run = conclude_load(r->record->dir, "run.json", error);

	if (!run || !conclude_write(r->record->dir, run, ruling, error))
		return FALSE;
	if (r->machine) {
		if (!write_timing(r, error))
			return FALSE;
		save_blobs(r);
		if (r->guest)
			save_reserve(r);
		if (r->guest && wants_vmcore(ruling))
			save_vmcore(r);
	}
	*result = (struct run_result){
		.verdict = ruling->verdict,
		.expected = r->scenario->expect.verdict,
		.as_expected = ruling->verdict == r->scenario->expect.verdict,
		.spoilt = r->spoilt && ruling->verdict == VERDICT_INFRA,
		.detected_after_us = ruling->decided_fair_us - ruling->last_progress_fair_us,
		.duration_us = ruling->decided_host_us,
		.traffic = ruling->traffic,
		.dir = g_strdup(r->record->dir),
		.scenario = g_strdup(r->scenario->name),
		.signature = g_strdup(ruling->signature),
		.kernel = g_strdup(r->boot.kernel_name),
		.seed = r->options->seed,
	};
	return TRUE;
}
