// SPDX-License-Identifier: GPL-2.0-only
#include "base/json.h"

#include <math.h>
#include <string.h>

void json_add_string(JsonBuilder *b, const char *name, const char *value)
{
	json_builder_set_member_name(b, name);
	if (value)
		json_builder_add_string_value(b, value);
	else
		json_builder_add_null_value(b);
}

void json_add_int(JsonBuilder *b, const char *name, gint64 value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_int_value(b, value);
}

void json_add_bool(JsonBuilder *b, const char *name, gboolean value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_boolean_value(b, value);
}

void json_add_seconds(JsonBuilder *b, const char *name, gint64 us)
{
	json_builder_set_member_name(b, name);
	json_builder_add_double_value(b, (us + 500) / 1000 / 1e3);
}

void json_add_strings(JsonBuilder *b, const char *name, char **values)
{
	json_open_array(b, name);
	for (; values && *values; values++)
		json_builder_add_string_value(b, *values);
	json_builder_end_array(b);
}

void json_open_array(JsonBuilder *b, const char *name)
{
	json_builder_set_member_name(b, name);
	json_builder_begin_array(b);
}

void json_open_object(JsonBuilder *b, const char *name)
{
	json_builder_set_member_name(b, name);
	json_builder_begin_object(b);
}

/* --- the writer -------------------------------------------------------- */

struct writer {
	GString *out;
	gboolean pretty;
	guint depth;
};

static void write_node(struct writer *w, JsonNode *node);

static void new_line(struct writer *w)
{
	if (!w->pretty)
		return;
	g_string_append_c(w->out, '\n');
	for (guint i = 0; i < w->depth; i++)
		g_string_append(w->out, "  ");
}

/* RFC 8259: the quote, the backslash and what is below a space must be escaped. */
static void write_string(GString *out, const char *text)
{
	static const char short_names[] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
	};

	g_string_append_c(out, '"');
	for (const char *c = text; *c; c++) {
		guchar code = *c;

		if (code == '"' || code == '\\')
			g_string_append_printf(out, "\\%c", code);
		else if (code < sizeof(short_names) && short_names[code])
			g_string_append_printf(out, "\\%c", short_names[code]);
		else if (code < ' ' || code == 0x7f)
			g_string_append_printf(out, "\\u%04x", code);
		else
			g_string_append_c(out, code);
	}
	g_string_append_c(out, '"');
}

/* The shortest of two texts that is read back as the same number, always with a fraction. */
static void write_double(GString *out, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	if (!isfinite(value)) {
		g_string_append(out, "null"); /* JSON has no word for it */
		return;
	}
	g_ascii_formatd(text, sizeof(text), "%.15g", value);
	if (g_ascii_strtod(text, NULL) != value)
		g_ascii_dtostr(text, sizeof(text), value);
	g_string_append(out, text);
	if (!strpbrk(text, ".e"))
		g_string_append(out, ".0");
}

static void write_scalar(GString *out, JsonNode *node)
{
	switch (json_node_get_value_type(node)) {
	case G_TYPE_STRING:
		write_string(out, json_node_get_string(node));
		break;
	case G_TYPE_DOUBLE:
		write_double(out, json_node_get_double(node));
		break;
	case G_TYPE_BOOLEAN:
		g_string_append(out, json_node_get_boolean(node) ? "true" : "false");
		break;
	default:
		g_string_append_printf(out, "%" G_GINT64_FORMAT, json_node_get_int(node));
	}
}

static void begin(struct writer *w, char bracket)
{
	g_string_append_c(w->out, bracket);
	w->depth++;
}

static void end(struct writer *w, char bracket, gboolean empty)
{
	w->depth--;
	if (!empty)
		new_line(w);
	g_string_append_c(w->out, bracket);
}

static void separate(struct writer *w, gboolean first)
{
	if (!first)
		g_string_append_c(w->out, ',');
	new_line(w);
}

static void write_object(struct writer *w, JsonObject *object)
{
	JsonObjectIter iter;
	const char *name;
	JsonNode *value;
	gboolean first = TRUE;

	begin(w, '{');
	json_object_iter_init_ordered(&iter, object);
	while (json_object_iter_next_ordered(&iter, &name, &value)) {
		separate(w, first);
		first = FALSE;
		write_string(w->out, name);
		g_string_append(w->out, w->pretty ? " : " : ":");
		write_node(w, value);
	}
	end(w, '}', first);
}

static void write_array(struct writer *w, JsonArray *array)
{
	guint n = json_array_get_length(array);

	begin(w, '[');
	for (guint i = 0; i < n; i++) {
		separate(w, !i);
		write_node(w, json_array_get_element(array, i));
	}
	end(w, ']', !n);
}

static void write_node(struct writer *w, JsonNode *node)
{
	switch (json_node_get_node_type(node)) {
	case JSON_NODE_OBJECT:
		write_object(w, json_node_get_object(node));
		break;
	case JSON_NODE_ARRAY:
		write_array(w, json_node_get_array(node));
		break;
	case JSON_NODE_VALUE:
		write_scalar(w->out, node);
		break;
	case JSON_NODE_NULL:
		g_string_append(w->out, "null");
		break;
	}
}

char *json_text(JsonNode *node, gboolean pretty)
{
	struct writer w = { .out = g_string_new(NULL), .pretty = pretty };

	write_node(&w, node);
	return g_string_free(w.out, FALSE);
}

char *json_built(JsonBuilder *b, gboolean pretty)
{
	g_autoptr(JsonNode) root = json_builder_get_root(b);

	return json_text(root, pretty);
}
