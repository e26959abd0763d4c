// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots of real guests, recorded (nbd-harness/tests/replay, which says how
 * to add one), given to the judge's wait graph again: hangs give their knot,
 * innocent moments none; and with parts of them torn away the graph knows
 * less, but never accuses anybody whom the whole one did not.
 */
#include <string.h>

#include "judge/waitgraph.h"
#include "run/facts_json.h"

#define REPLAYS	      NETSWAP_SOURCE_DIR "/nbd-harness/tests/replay"
#define SNAPSHOTS_MAX 4

struct replay {
	char *signature; /* "": no knot */
	struct waitgraph_hints hints;
	guint n;
	struct snapshot *snapshots[SNAPSHOTS_MAX];
};

static void replay_clear(struct replay *r)
{
	g_free(r->signature);
	while (r->n)
		snapshot_free(r->snapshots[--r->n]);
}
typedef struct replay replay;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(replay, replay_clear)

static void load_line(struct replay *r, const char *line)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = json_from_string(line, &error);

	g_assert_no_error(error);

	JsonObject *o = json_node_get_object(node);

	if (!r->signature) {
		g_assert_true(json_object_has_member(o, "about"));
		r->signature = g_strdup(json_object_get_string_member(o, "signature"));
		r->hints.receive_in_vain =
			json_object_get_boolean_member_with_default(o, "receive_in_vain", FALSE);
		r->hints.arrivals_lost =
			json_object_get_boolean_member_with_default(o, "arrivals_lost", FALSE);
		r->hints.connect_in_vain =
			json_object_get_boolean_member_with_default(o, "connect_in_vain", FALSE);
		return;
	}
	g_assert_cmpuint(r->n, <, SNAPSHOTS_MAX);
	r->snapshots[r->n++] = snapshot_from_json(o);
}

static void load(struct replay *r, const char *path)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	g_strchomp(text);

	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++)
		load_line(r, lines[i]);
	g_assert_cmpuint(r->n, >, 0);
}

static void test_recorded(gconstpointer path)
{
	g_auto(replay) r = { 0 };

	load(&r, path);
	for (guint i = 0; i < r.n; i++) {
		SCOPED(waitgraph) g = waitgraph_build(r.snapshots[i], &r.hints);
		SCOPED(waitgraph) first = waitgraph_build(r.snapshots[0], &r.hints);
		g_autofree char *signature = waitgraph_signature(g);

		if (!*r.signature) {
			g_assert_false(waitgraph_has_knot(g));
			continue;
		}
		g_assert_true(waitgraph_has_knot(g));
		g_assert_cmpstr(signature, ==, r.signature);
		g_assert_true(waitgraph_same_knot(first, r.snapshots[0], g, r.snapshots[i]));
	}
}

/* --- torn away ------------------------------------------------------------ */

static struct snapshot *copy(const struct snapshot *s)
{
	struct snapshot *c = snapshot_new();

	c->complete = s->complete;
	c->server_answers = s->server_answers;
	c->server_running = s->server_running;
#define COPY(name, type) g_array_append_vals(c->name, s->name->data, s->name->len);
	SNAPSHOT_ARRAYS(COPY)
#undef COPY
	return c;
}

static struct task_facts *task_of(const struct snapshot *s, guint i)
{
	return &g_array_index(s->tasks, struct task_facts, i);
}

static gboolean is_stuck(const struct waitgraph *g, const struct snapshot *s, guint64 address)
{
	for (guint i = 0; i < g->nodes->len; i++) {
		const struct wait_node *node = &g_array_index(g->nodes, struct wait_node, i);

		if (node->task >= 0 && task_of(s, node->task)->address == address)
			return node->stuck;
	}
	return FALSE;
}

/* Whoever is stuck in @torn was so in @s.  Frees @torn. */
static void accuses_nobody_else(const struct replay *r, const struct snapshot *s,
				struct snapshot *torn)
{
	SCOPED(waitgraph) whole = waitgraph_build(s, &r->hints);
	SCOPED(waitgraph) g = waitgraph_build(torn, &r->hints);

	for (guint i = 0; i < torn->tasks->len; i++) {
		guint64 address = task_of(torn, i)->address;

		if (is_stuck(g, torn, address) && !is_stuck(whole, s, address))
			g_error("%s is stuck only when something is missing",
				task_of(torn, i)->comm);
	}
	if (!waitgraph_has_knot(whole))
		g_assert_false(waitgraph_has_knot(g));
	snapshot_free(torn);
}

static void tear_task(const struct replay *r, const struct snapshot *s, guint i)
{
	struct snapshot *torn = copy(s);

	torn->complete = FALSE;
	g_array_remove_index(torn->tasks, i);
	accuses_nobody_else(r, s, torn);

	/* The list broke there. */
	torn = copy(s);
	torn->complete = FALSE;
	g_array_set_size(torn->tasks, i);
	accuses_nobody_else(r, s, torn);

	torn = copy(s);
	task_of(torn, i)->on.owner = 0;
	accuses_nobody_else(r, s, torn);

	torn = copy(s);
	memset(&task_of(torn, i)->on, 0, sizeof(struct wait_object));
	accuses_nobody_else(r, s, torn);
}

/* The unwinder lost its way after @frames frames. */
static void tear_stack(const struct replay *r, const struct snapshot *s, guint i, guint frames)
{
	struct snapshot *torn = copy(s);

	task_of(torn, i)->frames = MIN(task_of(torn, i)->frames, frames);
	accuses_nobody_else(r, s, torn);
}

static void tear_arrays(const struct replay *r, const struct snapshot *s)
{
#define TEAR(name, type)                                                                           \
	if (s->name != s->tasks) {                                                                 \
		struct snapshot *torn = copy(s);                                                   \
                                                                                                   \
		g_array_set_size(torn->name, 0);                                                   \
		torn->complete = FALSE;                                                            \
		accuses_nobody_else(r, s, torn);                                                   \
	}
	SNAPSHOT_ARRAYS(TEAR)
#undef TEAR
}

static void test_torn(gconstpointer path)
{
	g_auto(replay) r = { 0 };

	load(&r, path);

	const struct snapshot *s = r.snapshots[0];

	for (guint i = 0; i < s->tasks->len; i++) {
		tear_task(&r, s, i);
		for (guint frames = 0; frames < task_of(s, i)->frames; frames += 5)
			tear_stack(&r, s, i, frames);
	}
	tear_arrays(&r, s);
}

int main(int argc, char **argv)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(REPLAYS, 0, NULL);
	const char *name;

	g_test_init(&argc, &argv, NULL);
	g_assert_nonnull(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *base = g_strdup(name);
		g_autofree char *recorded = NULL, *torn = NULL;
		char *path;

		if (!g_str_has_suffix(name, ".jsonl"))
			continue;
		path = g_build_filename(REPLAYS, name, NULL);
		g_ptr_array_add(paths, path);
		base[strlen(base) - strlen(".jsonl")] = '\0';
		recorded = g_strdup_printf("/replay/%s/recorded", base);
		torn = g_strdup_printf("/replay/%s/torn", base);
		g_test_add_data_func(recorded, path, test_recorded);
		g_test_add_data_func(torn, path, test_torn);
	}
	g_assert_cmpuint(paths->len, >, 0);
	return g_test_run();
}
