// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader of scenario files.  GLib's key files forget line numbers and accept
 * what is doubled, so this reads its own lines:
 *
 *	# comment, ; comment		at the start of a line only
 *	[SECTION] or [SECTION NAME]
 *	KEY = VALUE			blanks around both are dropped
 *
 * Input is bounded (DOCUMENT_MAX_BYTES) and must be UTF-8 without control
 * characters, because values end up in command lines and messages.
 */
#include "scenario/document.h"

#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "scenario/keys.h"

#define SECTIONS_MAX   64u
#define NAME_MAX_BYTES 32u

static void entry_free(gpointer data)
{
	struct document_entry *entry = data;

	g_free(entry->name);
	g_free(entry->value);
	g_free(entry->where);
	g_free(entry);
}

static void section_free(gpointer data)
{
	struct document_section *section = data;

	g_free(section->label);
	g_free(section->name);
	g_free(section->where);
	g_ptr_array_unref(section->entries);
	g_free(section);
}

void document_free(struct document *doc)
{
	if (!doc)
		return;
	g_free(doc->comment);
	g_ptr_array_unref(doc->sections);
	g_free(doc);
}

struct document_entry *document_find(const struct document_section *section, const char *name)
{
	for (guint i = 0; i < section->entries->len; i++) {
		struct document_entry *entry = g_ptr_array_index(section->entries, i);

		if (!strcmp(entry->name, name))
			return entry;
	}
	return NULL;
}

static struct document_section *find_section(struct document *doc, const char *label)
{
	for (guint i = 0; i < doc->sections->len; i++) {
		struct document_section *section = g_ptr_array_index(doc->sections, i);

		if (!strcmp(section->label, label))
			return section;
	}
	return NULL;
}

static struct document_section *add_section(struct document *doc,
					    const struct scenario_section *kind, const char *name,
					    const char *where)
{
	struct document_section *section = g_new0(struct document_section, 1);

	section->kind = kind;
	section->name = g_strdup(name);
	section->label = name ? g_strdup_printf("%s %s", kind->name, name) : g_strdup(kind->name);
	section->where = g_strdup(where);
	section->entries = g_ptr_array_new_with_free_func(entry_free);
	g_ptr_array_add(doc->sections, section);
	return section;
}

/* Names of sections go into file names and --set: letters, digits, '-' and '_'. */
static gboolean valid_name(const char *name)
{
	gsize length = strspn(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_");

	return length && length <= NAME_MAX_BYTES && !name[length];
}

static const struct scenario_section *known_section(const char *name, const char *where,
						    GError **error)
{
	const struct scenario_section *kind = section_find(name);
	struct nearest near = { .word = name };
	g_autofree char *hint = NULL;

	if (kind)
		return kind;
	for (kind = section_table; kind->name; kind++)
		nearest_offer(&near, kind->name);
	hint = nearest_hint(&near);
	error_at(error, where, "unknown section [%s]%s", name, hint);
	return NULL;
}

/* "[machine]" or "[pressure main]"; @line is changed. */
static struct document_section *read_section(struct document *doc, char *line, const char *where,
					     GError **error)
{
	const struct scenario_section *kind;
	struct document_section *section;
	char *end = strchr(line, ']');
	char *name;

	if (!end || end[1]) {
		error_at(error, where, "%s is not a section; write [SECTION] alone on its line",
			 line);
		return NULL;
	}
	*end = '\0';
	line = g_strstrip(line + 1);
	name = line + strcspn(line, " \t");
	if (*name)
		*name++ = '\0';
	name = g_strstrip(name);

	kind = known_section(line, where, error);
	if (!kind)
		return NULL;
	if (kind->many != !!*name) {
		error_at(error, where,
			 kind->many ? "[%s] needs a name; write [%s main]"
				    : "[%s] takes no name; write [%s]",
			 kind->name, kind->name);
		return NULL;
	}
	if (*name && !valid_name(name)) {
		error_at(error, where,
			 "section name %s may hold only letters, digits, - and _, %u at most", name,
			 NAME_MAX_BYTES);
		return NULL;
	}
	if (doc->sections->len == SECTIONS_MAX) {
		error_at(error, where, "more than %u sections", SECTIONS_MAX);
		return NULL;
	}
	section = add_section(doc, kind, *name ? name : NULL, where);
	if (find_section(doc, section->label) == section)
		return section;
	error_at(error, where, "section [%s] is already at %s; merge the two", section->label,
		 find_section(doc, section->label)->where);
	return NULL;
}

static const struct scenario_key *known_key(const struct document_section *section,
					    const char *name, const char *where, GError **error)
{
	const struct scenario_key *key = scenario_key_find(section->kind->name, name);
	struct nearest near = { .word = name };
	g_autofree char *hint = NULL;

	if (key)
		return key;
	for (key = scenario_keys; key->section; key++) {
		if (!strcmp(key->section, section->kind->name) && !g_str_has_suffix(key->name, "*"))
			nearest_offer(&near, key->name);
	}
	for (key = scenario_keys; key->section && !near.best[0]; key++) {
		if (!strcmp(key->name, name))
			return error_at(error, where, "unknown key %s.%s; %s belongs to [%s]",
					section->label, name, name, key->section),
			       NULL;
	}
	hint = nearest_hint(&near);
	error_at(error, where, "unknown key %s.%s%s", section->label, name, hint);
	return NULL;
}

static struct document_entry *add_entry(struct document_section *section, const char *name,
					const char *value, const char *where, GError **error)
{
	const struct scenario_key *key = known_key(section, name, where, error);
	struct document_entry *entry;

	if (!key)
		return NULL;
	entry = g_new0(struct document_entry, 1);
	entry->key = key;
	entry->name = g_strdup(name);
	entry->value = g_strdup(value);
	entry->where = g_strdup(where);
	g_ptr_array_add(section->entries, entry);
	return entry;
}

/* "key = value"; @line is changed. */
static gboolean read_entry(struct document_section *section, char *line, const char *where,
			   GError **error)
{
	char *value = strchr(line, '=');
	const struct document_entry *other;

	if (!value)
		return error_at(error, where, "%s is neither [SECTION] nor KEY=VALUE", line);
	*value++ = '\0';
	line = g_strstrip(line);
	value = g_strstrip(value);
	if (!section)
		return error_at(error, where, "key %s stands before the first [SECTION]", line);
	other = document_find(section, line);
	if (other)
		return error_at(error, where, "key %s.%s is already at %s; keep one",
				section->label, line, other->where);
	return add_entry(section, line, value, where, error) != NULL;
}

static gboolean is_comment(const char *line)
{
	return *line == '#' || *line == ';';
}

static gboolean valid_text(const char *text, gsize bytes, const char *file, GError **error)
{
	guint line = 1;
	const char *bad = NULL;

	if (bytes > DOCUMENT_MAX_BYTES)
		return error_at(error, file, "larger than %u bytes; is it a scenario?",
				DOCUMENT_MAX_BYTES);
	if (!g_utf8_validate_len(text, bytes, &bad))
		bytes = bad - text + 1;
	for (gsize i = 0; i < bytes; i++) {
		if (text + i == bad || (g_ascii_iscntrl(text[i]) && !strchr("\t\r\n", text[i])) ||
		    !text[i]) {
			g_autofree char *where = g_strdup_printf("%s:%u", file, line);

			return error_at(error, where, "byte 0x%02x is no text; write UTF-8",
					(guchar)text[i]);
		}
		line += text[i] == '\n';
	}
	return TRUE;
}

/* The comment lines that the file begins with. */
static char *leading_comment(char **lines)
{
	GString *comment = g_string_new(NULL);

	for (; *lines && is_comment(g_strstrip(*lines)); lines++)
		g_string_append_printf(comment, "%s\n", *lines);
	return g_string_free(comment, FALSE);
}

struct document *document_parse(const char *text, gsize bytes, const char *file, GError **error)
{
	SCOPED(document) doc = NULL;
	g_autofree char *copy = NULL;
	g_auto(GStrv) lines = NULL;
	struct document_section *section = NULL;

	if (!valid_text(text, bytes, file, error))
		return NULL;
	copy = g_strndup(text, bytes);
	lines = g_strsplit(copy, "\n", -1);

	doc = g_new0(struct document, 1);
	doc->sections = g_ptr_array_new_with_free_func(section_free);
	doc->comment = leading_comment(lines);
	for (guint i = 0; lines[i]; i++) {
		g_autofree char *where = g_strdup_printf("%s:%u", file, i + 1);
		char *line = g_strstrip(lines[i]);

		if (!*line || is_comment(line))
			continue;
		if (*line == '[') {
			section = read_section(doc, line, where, error);
			if (!section)
				return NULL;
		} else if (!read_entry(section, line, where, error)) {
			return NULL;
		}
	}
	for (const struct scenario_section *kind = section_table; kind->name; kind++) {
		if (!kind->many && !find_section(doc, kind->name))
			add_section(doc, kind, NULL, file);
	}
	return g_steal_pointer(&doc);
}

/* "machine", "pressure main", or "pressure" where only one exists. */
static struct document_section *choose_section(struct document *doc, const char *label,
					       const char *where, GError **error)
{
	struct document_section *found = find_section(doc, label), *only = NULL;
	const struct scenario_section *kind;
	g_autofree char *first = g_strndup(label, strcspn(label, " "));
	struct nearest near = { .word = label };
	g_autofree char *hint = NULL;
	guint count = 0;

	if (found)
		return found;
	kind = known_section(first, where, error);
	if (!kind)
		return NULL;
	for (guint i = 0; i < doc->sections->len; i++) {
		found = g_ptr_array_index(doc->sections, i);
		if (found->kind != kind)
			continue;
		only = found;
		count++;
		nearest_offer(&near, found->label);
	}
	if (!strcmp(label, kind->name) && count == 1)
		return only;
	hint = nearest_hint(&near);
	if (!strcmp(label, kind->name) && count > 1)
		error_at(error, where,
			 "the scenario has %u [%s] sections; name one, as in \"%s.KEY=VALUE\"",
			 count, kind->name, only->label);
	else
		error_at(error, where, "the scenario has no section [%s]%s", label, hint);
	return NULL;
}

gboolean document_set(struct document *doc, const char *set, GError **error)
{
	g_autofree char *where = g_strdup_printf("--set %s", set);
	g_autofree char *label = g_strdup(set);
	char *value = strchr(label, '=');
	char *name = value ? memchr(label, '.', value - label) : NULL;
	struct document_section *section;
	struct document_entry *entry;

	if (!name)
		return error_at(error, where, "write it as --set SECTION.KEY=VALUE");
	if (!valid_text(set, strlen(set), "--set", error))
		return FALSE;
	*value++ = '\0';
	*name++ = '\0';
	name = g_strstrip(name);
	value = g_strstrip(value);
	if (strpbrk(value, "\r\n"))
		return error_at(error, where, "a value is one line");
	section = choose_section(doc, g_strstrip(label), where, error);
	if (!section)
		return FALSE;
	entry = document_find(section, name);
	if (entry) {
		g_free(entry->value);
		g_free(entry->where);
		entry->value = g_strdup(value);
		entry->where = g_strdup("--set");
	} else {
		entry = add_entry(section, name, value, where, error);
		if (!entry)
			return FALSE;
		g_free(entry->where);
		entry->where = g_strdup("--set");
	}
	entry->command_line = TRUE;
	return TRUE;
}

char *document_about(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i] && is_comment(g_strstrip(lines[i])); i++) {
		const char *line = lines[i] + strspn(lines[i], "#; \t");

		if (*line && !g_str_has_prefix(line, "SPDX-"))
			return g_strdup(line);
	}
	return g_strdup("");
}
