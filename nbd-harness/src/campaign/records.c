// SPDX-License-Identifier: GPL-2.0-only
#include "campaign/records.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/version.h"
#include "scenario/keys.h"

#define INPUTS_DIGITS 16 /* of a SHA-256: enough to tell the versions of one cell apart */

static void line_free(gpointer data)
{
	struct record_line *line = data;

	g_free(line->cell);
	g_free(line->inputs);
	g_free(line->signature);
	g_free(line);
}

/* "delay=0" of [link], in a scenario whose link is left as it was before there was such a key */
static gboolean says_nothing_new(const char *section, const char *line)
{
	const char *equals = strchr(line, '=');
	g_autofree char *name = equals ? g_strndup(line, equals - line) : NULL;
	const struct scenario_key *key = section && name ? scenario_key_find(section, name) : NULL;

	return key && key->later && !g_strcmp0(key->fallback, equals + 1);
}

/* The scenario's text without keys that came later and are at their defaults: what was recorded
 * before there were such keys counts on. */
char *records_inputs(const struct cell *cell, const char *kernel_key)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_auto(GStrv) lines = g_strsplit(cell->scenario->text, "\n", -1);
	g_autofree char *section = NULL;

	g_checksum_update(sum, (const guchar *)kernel_key, strlen(kernel_key) + 1);
	for (char **line = lines; *line; line++) {
		if (**line == '[') {
			g_free(section);
			section = g_strndup(*line + 1, strcspn(*line + 1, " ]"));
		}
		if (says_nothing_new(section, *line))
			continue;
		g_checksum_update(sum, (const guchar *)*line, strlen(*line));
		if (line[1])
			g_checksum_update(sum, (const guchar *)"\n", 1);
	}
	return g_strndup(g_checksum_get_string(sum), INPUTS_DIGITS);
}

static const char *text_of(JsonObject *o, const char *name)
{
	return json_object_get_string_member_with_default(o, name, "");
}

static double number_of(JsonObject *o, const char *name)
{
	return json_object_get_double_member_with_default(o, name, -1);
}

static gboolean add_line(GPtrArray *lines, const char *text)
{
	g_autoptr(JsonNode) node = json_from_string(text, NULL);
	struct record_line *line;
	enum verdict verdict;
	JsonObject *o;

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return FALSE;
	o = json_node_get_object(node);
	if (!verdict_parse(text_of(o, "verdict"), &verdict) || !*text_of(o, "cell"))
		return FALSE;
	line = g_new0(struct record_line, 1);
	line->cell = g_strdup(text_of(o, "cell"));
	line->inputs = g_strdup(text_of(o, "inputs"));
	line->verdict = verdict;
	line->seed = json_object_get_int_member_with_default(o, "seed", 0);
	line->duration_s = json_object_get_double_member_with_default(o, "duration_s", 0);
	line->pressed_s = number_of(o, "pressed_s");
	line->stall_s = number_of(o, "worst_stall_s");
	line->recovered_s = number_of(o, "recovered_after_s");
	line->out_pages = json_object_get_int_member_with_default(o, "swapped_out_pages", 0);
	line->in_pages = json_object_get_int_member_with_default(o, "swapped_in_pages", 0);
	line->signature = g_strdup(text_of(o, "signature"));
	g_ptr_array_add(lines, line);
	return TRUE;
}

GPtrArray *records_read(const char *file, GError **error)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(line_free);
	g_autoptr(GError) cause = NULL;
	g_autofree char *text = NULL;
	g_auto(GStrv) texts = NULL;

	if (!g_file_get_contents(file, &text, NULL, &cause)) {
		if (g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return g_steal_pointer(&lines);
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "cannot read the campaign's records: %s", cause->message);
		return NULL;
	}
	texts = g_strsplit(text, "\n", -1);
	for (guint i = 0; texts[i]; i++) {
		if (*texts[i] && !add_line(lines, texts[i]))
			progress_note("%s:%u: passed over, it is no record of a campaign's run",
				      file, i + 1);
	}
	return g_steal_pointer(&lines);
}

static char *record_text(const struct cell *cell, const char *inputs, const char *condition,
			 const struct run_result *result)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autoptr(JsonNode) node = NULL;
	g_autofree char *run = g_path_get_basename(result->dir);
	g_autofree char *line = NULL;

	json_builder_begin_object(b);
	json_add_string(b, "cell", cell->name);
	json_add_string(b, "inputs", inputs);
	json_add_string(b, "netswap", netswap_revision);
	json_add_string(b, "condition", condition);
	run_result_to_json(result, b);
	json_add_string(b, "run", run);
	json_builder_end_object(b);
	node = json_builder_get_root(b);
	/* Records may be given away: the name of the folder, not where it is. */
	json_object_remove_member(json_node_get_object(node), "run_dir");
	line = json_text(node, FALSE);
	return g_strconcat(line, "\n", NULL);
}

/* A line that was cut off stays alone on its line. */
static gboolean ends_in_newline(int fd)
{
	char last = '\n';
	off_t end = lseek(fd, 0, SEEK_END);

	return end <= 0 || (pread(fd, &last, 1, end - 1) == 1 && last == '\n');
}

gboolean records_append(const char *file, const struct cell *cell, const char *inputs,
			const char *condition, const struct run_result *result, GError **error)
{
	g_autofree char *text = record_text(cell, inputs, condition, result);
	int fd = open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	gboolean ok = fd >= 0 && (ends_in_newline(fd) || write(fd, "\n", 1) == 1) &&
		      write(fd, text, strlen(text)) == (gssize)strlen(text) && !fsync(fd);

	if (!ok)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot append to the campaign's records in %s: %s", file,
			    g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}
