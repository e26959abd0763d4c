// SPDX-License-Identifier: GPL-2.0-only
#include "guest/symbols.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define START_KERNEL_MAP   0xffffffff80000000ull /* arch/x86/include/asm/page_64_types.h */
#define NOTE_ALIGN(bytes)  (((bytes) + 3) & ~3ull)
#define BANNER_MAX_BYTES   512
#define FUNCTION_MAX_BYTES (256u << 10) /* an address farther from a symbol is not in it */

struct symbol {
	guint64 address;
	const char *name; /* in the string chunk */
	gboolean text;
};

struct symbols {
	GArray *by_address;  /* of struct symbol */
	GHashTable *by_name; /* name -> index + 1 */
	GStringChunk *names;
	char *build_id; /* of the vmlinux, or NULL */
};

static struct symbols *symbols_new(void)
{
	struct symbols *s = g_new0(struct symbols, 1);

	s->by_address = g_array_new(FALSE, FALSE, sizeof(struct symbol));
	s->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	s->names = g_string_chunk_new(1 << 16);
	return s;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	g_array_unref(s->by_address);
	g_hash_table_unref(s->by_name);
	g_string_chunk_free(s->names);
	g_free(s->build_id);
	g_free(s);
}

static void add(struct symbols *s, guint64 address, const char *name, gssize len, gboolean text)
{
	struct symbol symbol = { address, g_string_chunk_insert_len(s->names, name, len), text };

	g_array_append_val(s->by_address, symbol);
}

static int by_address(gconstpointer a, gconstpointer b)
{
	const struct symbol *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

static void index_all(struct symbols *s)
{
	g_hash_table_remove_all(s->by_name);
	g_array_sort(s->by_address, by_address);
	for (guint i = 0; i < s->by_address->len; i++) {
		const struct symbol *symbol = &g_array_index(s->by_address, struct symbol, i);

		if (!g_hash_table_contains(s->by_name, symbol->name))
			g_hash_table_insert(s->by_name, (gpointer)symbol->name,
					    GUINT_TO_POINTER(i + 1));
	}
}

static struct symbols *finish(struct symbols *s, const char *from, GError **error)
{
	if (!s->by_address->len) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			    "%s has no kernel symbols; it needs its symbol table (not stripped)",
			    from);
		symbols_free(s);
		return NULL;
	}
	index_all(s);
	return s;
}

/* An ELF file opened for reading; closed by its cleanup. */
struct elf_file {
	int fd;
	Elf *elf;
};

static void elf_file_close(struct elf_file *f)
{
	if (f->elf)
		elf_end(f->elf);
	if (f->fd >= 0)
		close(f->fd);
}
typedef struct elf_file elf_file;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(elf_file, elf_file_close)

static gboolean elf_file_open(struct elf_file *f, const char *path)
{
	elf_version(EV_CURRENT);
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	f->elf = f->fd >= 0 ? elf_begin(f->fd, ELF_C_READ_MMAP, NULL) : NULL;
	return f->elf != NULL;
}

static Elf_Data *symbol_table(Elf *elf, GElf_Shdr *header)
{
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		if (gelf_getshdr(scn, header) && header->sh_type == SHT_SYMTAB &&
		    header->sh_entsize)
			return elf_getdata(scn, NULL);
	}
	return NULL;
}

char *symbols_notes_build_id(const void *notes, gsize bytes)
{
	const guint8 *at = notes, *end = at + bytes;
	Elf64_Nhdr note;

	while ((gsize)(end - at) >= sizeof(note)) {
		memcpy(&note, at, sizeof(note));
		at += sizeof(note);

		guint64 name_bytes = NOTE_ALIGN((guint64)note.n_namesz);
		guint64 desc_bytes = NOTE_ALIGN((guint64)note.n_descsz);

		if (name_bytes + desc_bytes > (guint64)(end - at))
			break;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
		    !memcmp(at, "GNU", sizeof("GNU"))) {
			GString *text = g_string_new(NULL);

			for (guint i = 0; i < note.n_descsz; i++)
				g_string_append_printf(text, "%02x", at[name_bytes + i]);
			return g_string_free(text, FALSE);
		}
		at += name_bytes + desc_bytes;
	}
	return NULL;
}

static char *file_build_id(Elf *elf)
{
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr header;
		Elf_Data *data = gelf_getshdr(scn, &header) && header.sh_type == SHT_NOTE
					 ? elf_rawdata(scn, NULL)
					 : NULL;
		char *id = data && data->d_buf ? symbols_notes_build_id(data->d_buf, data->d_size)
					       : NULL;

		if (id)
			return id;
	}
	return NULL;
}

/* Code: a C function, or one of assembly, which has a size but no type; other labels have none. */
static gboolean is_function(Elf *elf, const GElf_Sym *sym)
{
	Elf_Scn *scn = elf_getscn(elf, sym->st_shndx);
	GElf_Shdr header;

	if (GELF_ST_TYPE(sym->st_info) == STT_FUNC)
		return TRUE;
	return GELF_ST_TYPE(sym->st_info) == STT_NOTYPE && sym->st_size && scn &&
	       gelf_getshdr(scn, &header) && header.sh_flags & SHF_EXECINSTR;
}

struct symbols *symbols_from_vmlinux(const char *path, GError **error)
{
	g_auto(elf_file) file = { -1, NULL };
	struct symbols *s = symbols_new();
	GElf_Shdr header;
	Elf_Data *data = elf_file_open(&file, path) ? symbol_table(file.elf, &header) : NULL;

	for (gsize i = 0; data && i < header.sh_size / header.sh_entsize; i++) {
		GElf_Sym sym;

		if (!gelf_getsym(data, i, &sym) || !sym.st_name || sym.st_shndx == SHN_UNDEF)
			continue;

		const char *name = elf_strptr(file.elf, header.sh_link, sym.st_name);
		int type = GELF_ST_TYPE(sym.st_info);

		if (name && (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE))
			add(s, sym.st_value, name, -1, is_function(file.elf, &sym));
	}
	if (data)
		s->build_id = file_build_id(file.elf);
	return finish(s, path, error);
}

/* 16 hexadecimal digits: strtoull() would skip blanks and newlines, beyond the end of the text. */
static gboolean read_address(const char *at, guint64 *address)
{
	*address = 0;
	for (guint i = 0; i < 16; i++) {
		int digit = g_ascii_xdigit_value(at[i]);

		if (digit < 0)
			return FALSE;
		*address = *address << 4 | digit;
	}
	return *address != 0;
}

static void add_kallsyms(struct symbols *s, const char *text, gsize bytes)
{
	const char *end = text + bytes;

	/* "ffffffff81000000 T _text\n", modules add "\t[nbd]" */
	for (const char *line = text; line < end;) {
		const char *eol = memchr(line, '\n', end - line);
		guint64 address;

		if (!eol)
			break;
		if (eol - line > 16 + 3 && read_address(line, &address)) {
			char kind = line[17];
			const char *name = line + 19;
			gsize len = strcspn(name, "\t\n");

			add(s, address, name, len, strchr("tTwW", kind) != NULL);
		}
		line = eol + 1;
	}
}

struct symbols *symbols_from_kallsyms(const char *text, gsize bytes, GError **error)
{
	struct symbols *s = symbols_new();

	add_kallsyms(s, text, bytes);
	return finish(s, "the kallsyms handed over by the guest", error);
}

/* Per-CPU symbols are offsets, not addresses of the image: they stay.  The order stays as well. */
void symbols_shift(struct symbols *s, guint64 offset)
{
	for (guint i = 0; i < s->by_address->len; i++) {
		struct symbol *symbol = &g_array_index(s->by_address, struct symbol, i);

		if (symbol->address >= START_KERNEL_MAP)
			symbol->address += offset;
	}
}

void symbols_add_kallsyms(struct symbols *s, const char *text, gsize bytes)
{
	add_kallsyms(s, text, bytes);
	index_all(s);
}

const char *symbols_build_id(const struct symbols *s)
{
	return s->build_id;
}

guint64 symbols_address(const struct symbols *s, const char *name)
{
	guint i = GPOINTER_TO_UINT(g_hash_table_lookup(s->by_name, name));

	return i ? g_array_index(s->by_address, struct symbol, i - 1).address : 0;
}

gboolean symbols_need(const struct symbols *s, const char *name, guint64 *address, GError **error)
{
	*address = symbols_address(s, name);
	if (!*address)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			    "the guest kernel has no symbol %s; it needs CONFIG_KALLSYMS_ALL=y",
			    name);
	return *address != 0;
}

/* Index of the last symbol at or below @address, or -1. */
static gint64 below(const struct symbols *s, guint64 address)
{
	guint low = 0, high = s->by_address->len;

	while (low < high) {
		guint mid = low + (high - low) / 2;

		if (g_array_index(s->by_address, struct symbol, mid).address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return (gint64)low - 1;
}

const char *symbols_function(const struct symbols *s, guint64 address, guint *offset)
{
	const struct symbol *found = NULL;

	for (gint64 i = below(s, address); i >= 0; i--) {
		const struct symbol *symbol = &g_array_index(s->by_address, struct symbol, i);

		if (address - symbol->address > FUNCTION_MAX_BYTES ||
		    (found && symbol->address != found->address))
			break;
		/* Of several at one address the first, as the kernel does: it sorts
		 * labels of the linker script behind functions. */
		if (symbol->text)
			found = symbol;
	}
	if (!found)
		return NULL;
	*offset = address - found->address;
	return found->name;
}

const char *symbols_at(const struct symbols *s, guint64 address, guint reach, guint *offset)
{
	gint64 i = below(s, address);

	if (i < 0)
		return NULL;

	const struct symbol *symbol = &g_array_index(s->by_address, struct symbol, i);

	if (address - symbol->address > reach)
		return NULL;
	*offset = address - symbol->address;
	return symbol->name;
}

/* Copy the string at virtual address @address out of the section that holds it. */
static char *string_at(Elf *elf, guint64 address)
{
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr header;

		if (!gelf_getshdr(scn, &header) || header.sh_type != SHT_PROGBITS ||
		    address < header.sh_addr || address >= header.sh_addr + header.sh_size)
			continue;

		Elf_Data *data = elf_rawdata(scn, NULL);
		guint64 at = address - header.sh_addr;

		if (!data || at >= data->d_size)
			return NULL;
		return g_strndup((const char *)data->d_buf + at,
				 MIN(data->d_size - at, BANNER_MAX_BYTES));
	}
	return NULL;
}

char *symbols_vmlinux_banner(const char *path)
{
	g_auto(elf_file) file = { -1, NULL };
	GElf_Shdr header;
	Elf_Data *data = elf_file_open(&file, path) ? symbol_table(file.elf, &header) : NULL;

	for (gsize i = 0; data && i < header.sh_size / header.sh_entsize; i++) {
		GElf_Sym sym;
		const char *name = gelf_getsym(data, i, &sym)
					   ? elf_strptr(file.elf, header.sh_link, sym.st_name)
					   : NULL;

		if (name && !strcmp(name, "linux_banner"))
			return string_at(file.elf, sym.st_value);
	}
	return NULL;
}
