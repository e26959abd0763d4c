// SPDX-License-Identifier: GPL-2.0-only
#include "guest/vmcoreinfo.h"

#include <string.h>

#include "base/error.h"

#define NOTE_NAME      "VMCOREINFO"
#define TEXT_BEGINS    "OSRELEASE="
#define TEXT_MAX_BYTES 8192

/* As crash_core.c writes it. */
struct note {
	guint32 name_bytes, text_bytes, type;
	char name[12]; /* NUL-padded to 4 */
};

/* The number after @key at the beginning of a line of @text. */
static gboolean number(const char *text, const char *key, guint base, guint64 *value)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (g_str_has_prefix(line, key)) {
			*value = base == 10 ? (guint64)g_ascii_strtoll(line + strlen(key), NULL, 10)
					    : g_ascii_strtoull(line + strlen(key), NULL, base);
			return TRUE;
		}
	}
	return FALSE;
}

guint64 vmcoreinfo_symbol(const char *text, const char *name)
{
	g_autofree char *key = g_strdup_printf("SYMBOL(%s)=", name);
	guint64 address = 0;

	number(text, key, 16, &address);
	return address;
}

gboolean vmcoreinfo_parse(const char *text, struct vmcoreinfo *v)
{
	*v = (struct vmcoreinfo){ 0 };
	if (!number(text, "NUMBER(phys_base)=", 10, &v->phys_base))
		return FALSE;
	number(text, "KERNELOFFSET=", 16, &v->kernel_offset);
	v->text = g_strdup(text);
	return TRUE;
}

static gboolean parse_note(const struct guest_memory *memory, guint64 paddr, struct vmcoreinfo *v)
{
	g_autofree char *text = NULL;
	struct note note;

	if (!guest_memory_read(memory, paddr, &note, sizeof(note)) ||
	    strncmp(note.name, NOTE_NAME, sizeof(note.name)) || note.text_bytes > TEXT_MAX_BYTES)
		return FALSE;
	text = g_malloc0(note.text_bytes + 1);
	return guest_memory_read(memory, paddr + sizeof(note), text, note.text_bytes) &&
	       vmcoreinfo_parse(text, v);
}

gboolean vmcoreinfo_read(const struct guest_memory *memory, const char *sysfs, struct vmcoreinfo *v,
			 GError **error)
{
	if (parse_note(memory, g_ascii_strtoull(sysfs, NULL, 16), v))
		return TRUE;
	g_set_error(
		error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
		"no VMCOREINFO note at the guest-physical address \"%.40s\" that the guest named",
		sysfs);
	return FALSE;
}

gboolean vmcoreinfo_search(const struct guest_memory *memory, struct vmcoreinfo *v)
{
	struct guest_memory_segment s;

	for (guint i = 0; guest_memory_segment(memory, i, &s); i++) {
		const guint8 *at = s.data, *end = at + s.bytes;

		/* A page of other software may speak of it too: what follows decides. */
		while ((at = memmem(at, end - at, NOTE_NAME "\0\0" TEXT_BEGINS,
				    sizeof(NOTE_NAME "\0" TEXT_BEGINS)))) {
			guint64 offset = at - (const guint8 *)s.data;
			guint64 before = G_STRUCT_OFFSET(struct note, name);

			if (offset >= before && parse_note(memory, s.paddr + offset - before, v))
				return TRUE;
			at++;
		}
	}
	return FALSE;
}

void vmcoreinfo_clear(struct vmcoreinfo *v)
{
	g_clear_pointer(&v->text, g_free);
}
