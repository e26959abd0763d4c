// SPDX-License-Identifier: GPL-2.0-only
#include "run/inspect.h"

#include "base/error.h"
#include "guest/core.h"
#include "guest/observer.h"
#include "run/conclude.h"
#include "run/live.h"

#define LIVE_TRIES 5 /* a running guest is read again when a list was torn */

static struct inspection *inspection_new(void)
{
	struct inspection *i = g_new0(struct inspection, 1);

	i->notes = g_ptr_array_new_with_free_func(g_free);
	return i;
}

void inspection_free(struct inspection *i)
{
	if (!i)
		return;
	g_free(i->source);
	g_free(i->kernel);
	g_ptr_array_unref(i->notes);
	g_free(i->signature);
	judge_free(i->judge);
	waitgraph_free(i->own_graph);
	snapshot_free(i->own_snapshot);
	g_free(i);
}

static void note(struct inspection *i, const char *text)
{
	g_ptr_array_add(i->notes, g_strdup(text));
}

/* From a reading in which something is missing no knot is claimed. */
static void disclaim_knot(struct waitgraph *g)
{
	for (guint n = 0; n < g->nodes->len; n++)
		g_array_index(g->nodes, struct wait_node, n).knot = FALSE;
	g->knot_size = 0;
}

static void draw_graph(struct inspection *i)
{
	const struct waitgraph_hints hints = { 0 };

	i->snapshot = i->own_snapshot;
	i->graph = i->own_graph = waitgraph_build(i->own_snapshot, &hints);
	if (!i->own_snapshot->complete) {
		note(i, "Not everything could be read (a list is torn or broken): no knot is "
			"claimed.");
		disclaim_knot(i->own_graph);
	}
	note(i, "One moment only: whether these waits persist was not tested.");
}

static void sign(struct inspection *i)
{
	i->signature = waitgraph_has_knot(i->graph) ? waitgraph_signature(i->graph) : g_strdup("");
}

/* --- a stored run ------------------------------------------------------ */

static struct judge *replay(const char *dir, JsonObject *run, GError **error)
{
	struct judge_config config;

	if (judge_config_from_json(run, &config))
		return record_replay(dir, &config, error);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "%s/run.json has no \"limits\": not a run of this version", dir);
	return NULL;
}

/* The judge's own snapshot and graph if @number is the one it ruled on, else that one afresh. */
static gboolean choose_snapshot(struct inspection *i, const char *dir, guint number, GError **error)
{
	guint count;

	i->own_snapshot = record_read_snapshot(dir, number, &count, error);
	if (!i->own_snapshot)
		return FALSE;
	number = number ? number : count;
	i->source = g_strdup_printf("run %s, snapshot %u of %u, at %.1f s", dir, number, count,
				    i->own_snapshot->host_us / 1e6);
	if (number == count && i->ruling->snapshot) {
		i->snapshot = i->ruling->snapshot;
		i->graph = i->ruling->graph;
		return TRUE;
	}
	if (number == count)
		note(i, "Something moved after this snapshot: what waited then may have ended.");
	draw_graph(i);
	return TRUE;
}

struct inspection *inspect_run(const char *dir, guint number, GError **error)
{
	SCOPED(inspection) i = inspection_new();
	g_autoptr(JsonObject) run = conclude_load(dir, "run.json", error);

	i->judge = run ? replay(dir, run, error) : NULL;
	if (!i->judge)
		return NULL;
	i->ruling = judge_conclude(i->judge);
	i->kernel = g_strdup(json_object_get_string_member_with_default(run, "kernel", "?"));
	if (!choose_snapshot(i, dir, number, error))
		return NULL;
	sign(i);
	return g_steal_pointer(&i);
}

/* --- memory ------------------------------------------------------------ */

static struct snapshot *read_guest(const struct guest *g, const GArray *cpus, guint tries,
				   GError **error)
{
	struct snapshot *s = NULL;

	do {
		struct observer *o = observer_new(g, NULL, FALSE, error);

		snapshot_free(s);
		s = o ? observer_snapshot(o, 0, cpus) : NULL;
		observer_free(o);
	} while (s && !s->complete && --tries);
	if (s)
		s->server_answers = s->server_running = TRUE;
	return s;
}

/* What this kernel does not have, or not under the names that we know. */
static void note_what_lacks(struct inspection *i, const struct guest *g)
{
	const struct {
		const char *lacks, *unseen;
	} groups[] = {
		{ g->at.lacks_nbd, "NBD devices and their sockets" },
		{ g->at.lacks_block, "tags and requests of block devices" },
		{ g->at.lacks_work, "work items" },
		{ g->at.lacks_reclaim, "details of page reclaim" },
	};

	for (guint n = 0; n < G_N_ELEMENTS(groups); n++) {
		if (groups[n].lacks)
			g_ptr_array_add(i->notes,
					g_strdup_printf("Its BTF has no %s: %s are not shown.",
							groups[n].lacks, groups[n].unseen));
	}
}

/* Takes @g and @source, also when it fails. */
static struct inspection *inspect_guest(struct guest *g, char *source, const GArray *cpus,
					guint tries, GError **error)
{
	SCOPED(inspection) i = inspection_new();

	i->source = source;
	i->own_snapshot = g ? read_guest(g, cpus, tries, error) : NULL;
	if (i->own_snapshot) {
		i->kernel = g_strdup(g->banner);
		draw_graph(i);
		note_what_lacks(i, g);
		note(i, "The swap server was not asked: it is taken to answer.");
		sign(i);
	}
	guest_close(g);
	return i->own_snapshot ? g_steal_pointer(&i) : NULL;
}

struct inspection *inspect_core(const char *path, const char *vmlinux, GError **error)
{
	g_autoptr(GArray) cpus = NULL;
	struct guest *g = core_open(path, vmlinux, &cpus, error);

	return inspect_guest(g, g_strdup_printf("core %s", path), cpus, 1, error);
}

struct inspection *inspect_live(const char *where, GError **error)
{
	g_autofree char *dir = NULL;
	struct guest *g = live_open(where, &dir, error);
	struct inspection *i =
		inspect_guest(g, g_strdup_printf("the running guest of %s", dir ? dir : where),
			      NULL, LIVE_TRIES, error);

	if (i)
		note(i, "Read while the guest ran: parts of it may be of different moments.");
	return i;
}
