// SPDX-License-Identifier: GPL-2.0-only
#include "run/record.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "run/facts_json.h"

const char *event_kind_name(enum event_kind kind)
{
	static const char *const names[EVENT_KINDS] = {
		[EVENT_PHASE] = "phase",
		[EVENT_FAULT_BEGIN] = "fault-begin",
		[EVENT_FAULT_END] = "fault-end",
		[EVENT_EVIDENCE] = "evidence",
		[EVENT_QMP] = "qmp",
		[EVENT_CHILD] = "child",
		[EVENT_CONSOLE] = "console",
		[EVENT_SNAPSHOT] = "snapshot",
		[EVENT_NOTE] = "note",
	};

	return names[kind];
}

char *record_path(const struct record *r, const char *name)
{
	return g_build_filename(r->dir, name, NULL);
}

static int open_stream(const struct record *r, const char *name, GError **error)
{
	g_autofree char *path = record_path(r, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot create %s: %s", path,
			    g_strerror(errno));
	return fd;
}

/* A name may be taken (a second run in the same second): then it is DIR-2, DIR-3, ... */
static char *make_dir(const char *wanted, GError **error)
{
	g_autofree char *first = g_canonicalize_filename(wanted, NULL);
	g_autofree char *parent = g_path_get_dirname(first);
	char *dir = g_strdup(first);
	int failed = g_mkdir_with_parents(parent, 0755) ? errno : 0;

	for (guint n = 2; !failed && g_mkdir(dir, 0755); n++) {
		failed = errno == EEXIST ? 0 : errno;
		g_free(dir);
		dir = g_strdup_printf("%s-%u", first, n);
	}
	if (!failed)
		return dir;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "cannot make the run directory %s: %s; give another with --out", first,
		    g_strerror(failed));
	g_free(dir);
	return NULL;
}

struct record *record_new(const char *dir, GError **error)
{
	struct record *r = g_new0(struct record, 1);

	r->samples_fd = r->events_fd = r->snapshots_fd = -1;
	r->dir = make_dir(dir, error);
	if (!r->dir)
		goto fail;
	r->samples_fd = open_stream(r, "samples.jsonl", error);
	if (r->samples_fd < 0)
		goto fail;
	r->events_fd = open_stream(r, "events.jsonl", error);
	if (r->events_fd < 0)
		goto fail;
	r->snapshots_fd = open_stream(r, "snapshots.jsonl", error);
	if (r->snapshots_fd < 0)
		goto fail;
	return r;
fail:
	record_free(r);
	return NULL;
}

void record_free(struct record *r)
{
	const int fds[] = { r->samples_fd, r->events_fd, r->snapshots_fd };

	for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	g_free(r->dir);
	g_free(r);
}

gboolean record_file(const struct record *r, const char *name, const char *text, GError **error)
{
	g_autofree char *path = record_path(r, name);

	return g_file_set_contents(path, text, -1, error);
}

gboolean record_json(const struct record *r, const char *name, JsonBuilder *builder, GError **error)
{
	g_autofree char *text = json_built(builder, TRUE);
	g_autofree char *line = g_strconcat(text, "\n", NULL);

	return record_file(r, name, line, error);
}

/* One write(2) a line: a line is there whole, or its torn end is the file's end. */
static gboolean write_line(int fd, const char *line, gsize bytes)
{
	gssize n = write(fd, line, bytes);

	/* A disk that fills up takes a part and says nothing. */
	if (n >= 0 && (gsize)n < bytes)
		errno = ENOSPC;
	return n == (gssize)bytes;
}

static gboolean append(int fd, JsonBuilder *builder)
{
	g_autofree char *text = json_built(builder, FALSE);
	g_autofree char *line = g_strconcat(text, "\n", NULL);

	return write_line(fd, line, strlen(line));
}

static JsonBuilder *begin_line(struct record *r)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	json_add_int(b, "n", ++r->n);
	return b;
}

gboolean record_sample(struct record *r, const struct sample *s)
{
	/* Ten a second: written by hand, since building a JSON tree costs more than reading a
	 * guest. */
	g_autoptr(GString) line = g_string_sized_new(1024);

	g_string_append_printf(line, "{\"n\":%" G_GUINT64_FORMAT, ++r->n);
	for (const struct sample_field *f = sample_fields; f->name; f++)
		g_string_append_printf(line, ",\"%s\":%" G_GINT64_FORMAT, f->name,
				       G_STRUCT_MEMBER(gint64, s, f->offset));
	g_string_append(line, "}\n");
	return write_line(r->samples_fd, line->str, line->len);
}

gboolean record_event(struct record *r, enum event_kind kind, const struct sample *now,
		      const char *name, enum verdict verdict, const char *detail)
{
	g_autoptr(JsonBuilder) b = begin_line(r);

	json_add_int(b, "host_us", now->host_us);
	json_add_int(b, "fair_us", now->fair_us);
	json_add_string(b, "event", event_kind_name(kind));
	json_add_string(b, "name", name ? name : "");
	if (kind == EVENT_EVIDENCE)
		json_add_string(b, "verdict", verdict_name(verdict));
	json_add_string(b, "detail", detail ? detail : "");
	json_builder_end_object(b);
	return append(r->events_fd, b);
}

gboolean record_snapshot(struct record *r, const struct snapshot *s)
{
	g_autoptr(JsonBuilder) b = begin_line(r);

	snapshot_to_json(s, b);
	json_builder_end_object(b);
	return append(r->snapshots_fd, b);
}

/* A line of one of the streams, with its place in the whole. */
struct line {
	gint64 n;
	char stream; /* 's'ample, 'e'vent, snapsho't' */
	JsonNode *node;
};

static void clear_line(gpointer line)
{
	json_node_unref(((struct line *)line)->node);
}

static gboolean read_stream(const char *dir, const char *name, char stream, GArray *lines,
			    GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *text = NULL;
	gsize bytes;

	if (!g_file_get_contents(path, &text, &bytes, error))
		return FALSE;
	for (char *at = text, *eol; (eol = strchr(at, '\n')); at = eol + 1) {
		struct line line = { .stream = stream };

		*eol = '\0';
		line.node = json_from_string(at, NULL);
		if (!line.node)
			continue; /* torn by a crash of the host */
		if (!JSON_NODE_HOLDS_OBJECT(line.node)) {
			json_node_unref(line.node);
			continue;
		}
		line.n = json_object_get_int_member_with_default(json_node_get_object(line.node),
								 "n", 0);
		g_array_append_val(lines, line);
	}
	return TRUE;
}

struct snapshot *record_read_snapshot(const char *dir, guint number, guint *count, GError **error)
{
	g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(struct line));

	g_array_set_clear_func(lines, clear_line);
	if (!read_stream(dir, "snapshots.jsonl", 't', lines, error))
		return NULL;
	*count = lines->len;
	if (!lines->len || number > lines->len) {
		if (lines->len)
			g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
				    "%s has no snapshot %u: it has %u", dir, number, lines->len);
		else
			g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
				    "%s has no snapshot: one is taken when a run stands still for "
				    "seconds, and this one did not",
				    dir);
		return NULL;
	}

	const struct line *line =
		&g_array_index(lines, struct line, number ? number - 1 : lines->len - 1);

	return snapshot_from_json(json_node_get_object(line->node));
}

static int by_number(gconstpointer a, gconstpointer b)
{
	const struct line *x = a, *y = b;

	return (x->n > y->n) - (x->n < y->n);
}

static void replay_event(struct judge *j, JsonObject *o)
{
	const char *event = json_object_get_string_member_with_default(o, "event", "");
	const char *name = json_object_get_string_member_with_default(o, "name", "");
	enum verdict v;

	if (!strcmp(event, event_kind_name(EVENT_FAULT_BEGIN)))
		judge_fault(j, name, TRUE);
	else if (!strcmp(event, event_kind_name(EVENT_FAULT_END)))
		judge_fault(j, name, FALSE);
	else if (!strcmp(event, event_kind_name(EVENT_EVIDENCE)) &&
		 verdict_parse(json_object_get_string_member_with_default(o, "verdict", ""), &v))
		judge_evidence(j, v, json_object_get_string_member_with_default(o, "detail", ""));
}

/* Show @line to the judge, and to @tap if there is one. */
static void replay_line(struct judge *j, const struct line *line, const struct record_tap *tap)
{
	JsonObject *o = json_node_get_object(line->node);

	if (line->stream == 's') {
		struct sample s;

		sample_from_json(o, &s);
		if (tap)
			tap->sample(&s, tap->data);
		judge_sample(j, &s);
	} else if (line->stream == 'e') {
		if (tap)
			tap->event(o, tap->data);
		replay_event(j, o);
	} else {
		struct snapshot *s = snapshot_from_json(o);

		if (tap)
			tap->snapshot(s, tap->data);
		judge_snapshot(j, s);
	}
}

struct judge *record_replay_tapped(const char *dir, const struct judge_config *config,
				   const struct record_tap *tap, GError **error)
{
	g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(struct line));

	g_array_set_clear_func(lines, clear_line);
	if (!read_stream(dir, "samples.jsonl", 's', lines, error) ||
	    !read_stream(dir, "events.jsonl", 'e', lines, error) ||
	    !read_stream(dir, "snapshots.jsonl", 't', lines, error))
		return NULL;
	g_array_sort(lines, by_number);

	struct judge *j = judge_new(config);

	for (guint i = 0; i < lines->len; i++)
		replay_line(j, &g_array_index(lines, struct line, i), tap);
	return j;
}

struct judge *record_replay(const char *dir, const struct judge_config *config, GError **error)
{
	return record_replay_tapped(dir, config, NULL, error);
}
