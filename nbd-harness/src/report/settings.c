// SPDX-License-Identifier: GPL-2.0-only
#include "report/settings.h"

#include <string.h>

#include "scenario/document.h"
#include "scenario/keys.h"

static void clear_setting(gpointer data)
{
	struct setting *s = data;

	g_free(s->name);
	g_free(s->value);
}

static void add_section(GArray *settings, const struct document_section *section)
{
	if (!strcmp(section->kind->name, "expect"))
		return;
	for (guint i = 0; i < section->entries->len; i++) {
		const struct document_entry *e = g_ptr_array_index(section->entries, i);
		struct setting s = { .fallback = e->key->fallback };

		if (!g_strcmp0(e->value, s.fallback))
			continue;
		s.name = g_strdup_printf("%s.%s", section->label, e->name);
		s.value = g_strdup(e->value);
		g_array_append_val(settings, s);
	}
}

GArray *settings_of(const struct report_input *in)
{
	GArray *settings = g_array_new(FALSE, FALSE, sizeof(struct setting));
	g_autofree char *text = report_file(in, "scenario.scn");
	SCOPED(document) doc = document_parse(text, strlen(text), "scenario.scn", NULL);

	g_array_set_clear_func(settings, clear_setting);
	for (guint i = 0; doc && i < doc->sections->len; i++)
		add_section(settings, g_ptr_array_index(doc->sections, i));
	return settings;
}

char *setting_text(const struct setting *s)
{
	if (!s->fallback)
		return g_strdup_printf("%s=%s", s->name, s->value);
	return g_strdup_printf("%s=%s (default: %s)", s->name, s->value,
			       *s->fallback ? s->fallback : "none");
}
