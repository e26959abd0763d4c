// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes of a QMP connection -> JSON objects, without I/O, so that it can be
 * fuzzed.  A message is one line.  QEMU is fed by a guest that may be hostile,
 * so its length and its nesting are bounded (json-glib 1.6 recurses without a
 * limit).  After an error the reader only repeats it.
 */
#include "machine/qmp.h"

#include <string.h>

#include "base/error.h"

/* QEMU's own answers stay below 10. */
#define QMP_DEPTH_MAX 64

struct qmp_reader {
	GByteArray *line; /* of the message that has begun */
	GQueue messages;  /* of JsonObject */
	JsonParser *parser;
	gboolean broken;
};

struct qmp_reader *qmp_reader_new(void)
{
	struct qmp_reader *r = g_new0(struct qmp_reader, 1);

	r->line = g_byte_array_new();
	r->parser = json_parser_new();
	return r;
}

void qmp_reader_free(struct qmp_reader *r)
{
	if (!r)
		return;
	g_byte_array_unref(r->line);
	g_queue_clear_full(&r->messages, (GDestroyNotify)json_object_unref);
	g_object_unref(r->parser);
	g_free(r);
}

/*
 * Nested within bounds, and outside strings nothing but what JSON is made of:
 * the parser takes comments too, in which a quote would mislead the count.
 */
static gboolean is_plain(const char *text, gsize bytes)
{
	gboolean in_string = FALSE;
	guint depth = 0;

	for (gsize i = 0; i < bytes; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (text[i] == '{' || text[i] == '[')
			depth++;
		else if (text[i] == '}' || text[i] == ']')
			depth -= depth > 0;
		else if (!g_ascii_isalnum(text[i]) && !strchr("+-.,: \t\r", text[i]))
			return FALSE;
		if (depth > QMP_DEPTH_MAX)
			return FALSE;
	}
	return TRUE;
}

static gboolean fail(struct qmp_reader *r, GError **error, const char *why)
{
	r->broken = TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "QEMU's QMP is unreadable: %s", why);
	return FALSE;
}

/* The line is complete: queue its message.  An empty line is none. */
static gboolean finish_line(struct qmp_reader *r, GError **error)
{
	const char *text = (const char *)r->line->data;
	gsize bytes = r->line->len;
	g_autoptr(GError) parse_error = NULL;
	JsonNode *root;

	while (bytes && g_ascii_isspace(text[bytes - 1]))
		bytes--;
	if (!bytes)
		return TRUE;
	if (memchr(text, 0, bytes) || !g_utf8_validate(text, bytes, NULL))
		return fail(r, error, "a message is not UTF-8 text");
	if (!is_plain(text, bytes))
		return fail(r, error, "a message is not plain JSON, or nested too deeply");
	if (!json_parser_load_from_data(r->parser, text, bytes, &parse_error))
		return fail(r, error, parse_error->message);
	root = json_parser_get_root(r->parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return fail(r, error, "a message is not a JSON object");
	g_queue_push_tail(&r->messages, json_node_dup_object(root));
	return TRUE;
}

gboolean qmp_reader_feed(struct qmp_reader *r, const char *data, gsize bytes, GError **error)
{
	const char *end = data + bytes;

	if (r->broken)
		return fail(r, error, "an earlier message was broken");
	while (data < end) {
		const char *newline = memchr(data, '\n', end - data);
		gsize part = (newline ? newline : end) - data;

		if (part > QMP_MESSAGE_MAX_BYTES - r->line->len)
			return fail(r, error, "a message is too long");
		g_byte_array_append(r->line, (const guint8 *)data, part);
		data += part;
		if (!newline)
			break;
		data++;
		if (!finish_line(r, error))
			return FALSE;
		g_byte_array_set_size(r->line, 0);
	}
	return TRUE;
}

JsonObject *qmp_reader_next(struct qmp_reader *r)
{
	return g_queue_pop_head(&r->messages);
}
