// SPDX-License-Identifier: GPL-2.0-only
#include "report/share.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "build/cache.h"
#include "build/tool.h"
#include "report/report.h"
#include "report/scrub.h"

#define VMCORE "vmcore.zst"

/* How a file of the record is taken along; what no pattern names stays behind. */
enum treatment {
	AS_TEXT,  /* scrubbed */
	AS_LINES, /* one JSON object a line, scrubbed */
	AS_JSON,  /* one JSON value, scrubbed */
	ANEW,	  /* a report: made again from the scrubbed record */
	AS_IS,	  /* guest memory: only when asked for */
	NOT,
};

static const struct {
	const char *pattern;
	enum treatment treatment;
} kinds[] = {
	{ "run.json", AS_JSON },
	{ "verdict.json", AS_JSON },
	{ "timing.json", AS_JSON },
	{ "reserve.json", AS_JSON },
	{ "result-*.json", AS_JSON },
	{ "samples.jsonl", AS_LINES },
	{ "events.jsonl", AS_LINES },
	{ "snapshots.jsonl", AS_LINES },
	{ "scenario.scn", AS_TEXT },
	{ "qemu.cmd", AS_TEXT },
	{ "console.log", AS_TEXT },
	{ "qemu.log", AS_TEXT },
	{ "server.log", AS_TEXT },
	{ "peer.cmd", AS_TEXT },
	{ "peer.log", AS_TEXT },
	{ "report.*", ANEW },
	{ "waitgraph.*", ANEW },
	{ "link.pcap", AS_IS },
	{ VMCORE, AS_IS },
};

static enum treatment treatment_of(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (g_pattern_match_simple(kinds[i].pattern, name))
			return kinds[i].treatment;
	}
	return NOT;
}

static char *scrub_json_text(const struct scrub *s, const char *text, gboolean pretty)
{
	g_autoptr(JsonNode) node = json_from_string(text, NULL);

	if (!node)
		return NULL;
	scrub_json(s, node);
	return json_text(node, pretty);
}

/* Lines that are torn say nothing and are left out. */
static char *scrub_lines(const struct scrub *s, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *out = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		g_autofree char *scrubbed = **line ? scrub_json_text(s, *line, FALSE) : NULL;

		if (scrubbed)
			g_string_append_printf(out, "%s\n", scrubbed);
	}
	return g_string_free(out, FALSE);
}

static char *scrubbed(const struct scrub *s, const char *text, enum treatment how)
{
	if (how == AS_TEXT)
		return scrub_text(s, text);
	if (how == AS_LINES)
		return scrub_lines(s, text);
	return scrub_json_text(s, text, TRUE);
}

static gboolean copy_scrubbed(const struct scrub *s, const char *from, const char *to,
			      enum treatment how, GError **error)
{
	g_autofree char *text = NULL, *out = NULL;

	if (!g_file_get_contents(from, &text, NULL, error))
		return FALSE;
	out = scrubbed(s, text, how);
	if (out)
		return g_file_set_contents(to, out, -1, error);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "%s is not JSON", from);
	return FALSE;
}

/* tar follows it. */
static gboolean link_to(const char *from, const char *to, GError **error)
{
	if (symlink(from, to) == 0)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot make %s: %s", to,
		    g_strerror(errno));
	return FALSE;
}

/* The whole record of @dir, scrubbed, into the empty folder @copy. */
static gboolean copy_record(const struct scrub *s, const char *dir, const char *copy,
			    gboolean with_vmcore, struct share *share, GError **error)
{
	g_autoptr(GDir) folder = g_dir_open(dir, 0, error);
	const char *name;
	gboolean ok = folder != NULL;

	while (ok && (name = g_dir_read_name(folder))) {
		enum treatment how = treatment_of(name);
		g_autofree char *from = g_build_filename(dir, name, NULL);
		g_autofree char *to = g_build_filename(copy, name, NULL);

		if (how == NOT || (how == AS_IS && !with_vmcore))
			g_ptr_array_add(share->omitted, g_strdup(name));
		else if (how == AS_IS)
			ok = link_to(from, to, error);
		else if (how != ANEW)
			ok = copy_scrubbed(s, from, to, how, error);
	}
	return ok;
}

/* The new reports name the copy's folder: they are to speak of the run's. */
static gboolean write_reports(struct scrub *s, const char *copy, struct share *share,
			      GError **error)
{
	g_autoptr(GDir) folder = NULL;
	const char *name;
	gboolean ok = report_write(copy, error);

	folder = ok ? g_dir_open(copy, 0, error) : NULL;
	ok = folder != NULL;
	while (ok && (name = g_dir_read_name(folder))) {
		g_autofree char *path = g_build_filename(copy, name, NULL);
		g_autofree char *text = NULL, *out = NULL;

		share->files++;
		if (treatment_of(name) != ANEW)
			continue;
		ok = g_file_get_contents(path, &text, NULL, error);
		out = ok ? scrub_places(s, text) : NULL;
		ok = ok && g_file_set_contents(path, out, -1, error);
	}
	return ok;
}

/* Nobody's files, in an order that depends on nothing. */
static gboolean pack(const char *parent, const char *name, const char *archive, GError **error)
{
	const char *argv[] = { "tar",
			       "--create",
			       "--dereference",
			       "--owner=0",
			       "--group=0",
			       "--numeric-owner",
			       "--sort=name",
			       "--mode=u=rwX,go=rX",
			       "--zstd",
			       "--file",
			       archive,
			       "--directory",
			       parent,
			       name,
			       NULL };

	return tool_run(argv, NULL, NULL, NULL, NULL, error);
}

static gboolean share_through(const char *work, const char *dir, const char *archive,
			      gboolean with_vmcore, struct share *share, GError **error)
{
	SCOPED(scrub) s = scrub_new();
	g_autofree char *name = g_path_get_basename(dir);
	g_autofree char *copy = g_build_filename(work, name, NULL);

	scrub_place(s, dir, "RUN");
	scrub_place(s, copy, "RUN");
	if (g_mkdir(copy, 0755)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot make %s: %s", copy,
			    g_strerror(errno));
		return FALSE;
	}
	return copy_record(s, dir, copy, with_vmcore, share, error) &&
	       write_reports(s, copy, share, error) && pack(work, name, archive, error);
}

gboolean share_run(const char *dir, const char *archive, gboolean with_vmcore, struct share *share,
		   GError **error)
{
	g_autofree char *from = g_canonicalize_filename(dir, NULL);
	g_autofree char *to = g_canonicalize_filename(archive, NULL);
	g_autofree char *work = NULL;
	gboolean ok;

	*share = (struct share){ .omitted = g_ptr_array_new_with_free_func(g_free) };
	if (g_file_test(to, G_FILE_TEST_EXISTS)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "%s exists already; remove it, or name another file", archive);
		return FALSE;
	}
	work = g_dir_make_tmp("netswap-share-XXXXXX", error);
	if (!work)
		return FALSE;
	ok = share_through(work, from, to, with_vmcore, share, error);
	cache_remove_tree(work, NULL);
	if (!ok)
		g_unlink(to);
	return ok;
}

void share_clear(struct share *share)
{
	g_clear_pointer(&share->omitted, g_ptr_array_unref);
}
