// SPDX-License-Identifier: GPL-2.0-only
#include "run/vmcore.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/error.h"

#define SEGMENTS_MAX 2
/* arch/x86/include/asm/page_64_types.h */
#define START_KERNEL_MAP   0xffffffff80000000ull
#define KERNEL_IMAGE_BYTES (1ull << 30)
#define CHUNK_BYTES	   (1u << 20)
#define LEVEL		   1 /* zstd: RAM compresses well at once, and nobody wants to wait */

static GByteArray *vmcoreinfo_note(const char *text)
{
	static const char name[12] = "VMCOREINFO"; /* NUL-padded to 4 */
	GByteArray *note = g_byte_array_new();
	guint8 zeros[4] = { 0 };
	guint bytes = text ? strlen(text) : 0;
	Elf64_Nhdr header = { .n_namesz = strlen(name) + 1, .n_descsz = bytes, .n_type = 0 };

	if (!text)
		return note;
	g_byte_array_append(note, (guint8 *)&header, sizeof(header));
	g_byte_array_append(note, (const guint8 *)name, sizeof(name));
	g_byte_array_append(note, (const guint8 *)text, bytes);
	g_byte_array_append(note, zeros, -bytes & 3);
	return note;
}

/*
 * The kernel image lies in the first segment's RAM and is mapped a second time:
 * readers find their way to the page tables through this mapping.
 */
static Elf64_Phdr kernel_image(const struct guest_memory *memory, guint64 data_at,
			       guint64 phys_base)
{
	struct guest_memory_segment s = { 0 };
	gint64 shift = phys_base; /* of physical against linked; negative for some KASLR offsets */

	guest_memory_segment(memory, 0, &s);

	guint64 paddr = MIN((guint64)MAX(shift, 0), s.bytes);
	guint64 bytes = MIN(s.bytes - paddr, KERNEL_IMAGE_BYTES);

	return (Elf64_Phdr){ .p_type = PT_LOAD,
			     .p_flags = PF_R | PF_W | PF_X,
			     .p_offset = data_at + paddr,
			     .p_vaddr = START_KERNEL_MAP + paddr - shift,
			     .p_paddr = paddr,
			     .p_filesz = bytes,
			     .p_memsz = bytes };
}

/* ELF header, program headers, note, padded so that the segments begin on a page. */
static GByteArray *headers(const struct guest_memory *memory, const char *text, guint64 direct_map,
			   guint64 phys_base)
{
	GByteArray *out = g_byte_array_new();
	g_autoptr(GByteArray) note = vmcoreinfo_note(text);
	struct guest_memory_segment s;
	guint n = 0;

	while (guest_memory_segment(memory, n, &s) && n < SEGMENTS_MAX)
		n++;

	Elf64_Ehdr ehdr = {
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2 + n,
	};
	guint64 note_at = sizeof(ehdr) + ehdr.e_phnum * sizeof(Elf64_Phdr);
	guint64 data_at = (note_at + note->len + GUEST_PAGE_BYTES - 1) & ~(GUEST_PAGE_BYTES - 1ull);
	Elf64_Phdr phdr = { .p_type = PT_NOTE, .p_offset = note_at, .p_filesz = note->len };
	guint8 zero = 0;

	memcpy(ehdr.e_ident, ELFMAG, SELFMAG);
	ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	g_byte_array_append(out, (guint8 *)&ehdr, sizeof(ehdr));
	g_byte_array_append(out, (guint8 *)&phdr, sizeof(phdr));

	phdr = kernel_image(memory, data_at, phys_base);
	g_byte_array_append(out, (guint8 *)&phdr, sizeof(phdr));

	guint64 offset = data_at;

	for (guint i = 0; i < n && guest_memory_segment(memory, i, &s); i++) {
		phdr = (Elf64_Phdr){ .p_type = PT_LOAD,
				     .p_flags = PF_R | PF_W | PF_X,
				     .p_offset = offset,
				     .p_vaddr = direct_map + s.paddr,
				     .p_paddr = s.paddr,
				     .p_filesz = s.bytes,
				     .p_memsz = s.bytes };
		g_byte_array_append(out, (guint8 *)&phdr, sizeof(phdr));
		offset += s.bytes;
	}
	g_byte_array_append(out, note->data, note->len);
	while (out->len < data_at)
		g_byte_array_append(out, &zero, 1);
	return out;
}

struct writer {
	FILE *file;
	ZSTD_CCtx *zstd;
	char out[CHUNK_BYTES];
};

static gboolean put(struct writer *w, const void *data, gsize bytes, ZSTD_EndDirective end)
{
	ZSTD_inBuffer in = { data, bytes, 0 };
	gsize left;

	do {
		ZSTD_outBuffer out = { w->out, sizeof(w->out), 0 };

		left = ZSTD_compressStream2(w->zstd, &out, &in, end);
		if (ZSTD_isError(left) || fwrite(w->out, 1, out.pos, w->file) != out.pos)
			return FALSE;
	} while (in.pos < in.size || (end == ZSTD_e_end && left));
	return TRUE;
}

static gboolean write_all(struct writer *w, const struct guest_memory *memory, const char *note,
			  guint64 direct_map, guint64 phys_base)
{
	g_autoptr(GByteArray) head = headers(memory, note, direct_map, phys_base);
	struct guest_memory_segment s;

	if (!put(w, head->data, head->len, ZSTD_e_continue))
		return FALSE;
	for (guint i = 0; i < SEGMENTS_MAX && guest_memory_segment(memory, i, &s); i++) {
		if (!put(w, s.data, s.bytes, ZSTD_e_continue))
			return FALSE;
	}
	return put(w, NULL, 0, ZSTD_e_end);
}

gboolean vmcore_write(const struct guest_memory *memory, const char *note, guint64 direct_map,
		      guint64 phys_base, const char *path, GError **error)
{
	g_autofree struct writer *w = g_new0(struct writer, 1);
	gboolean ok;

	w->file = fopen(path, "wbxe");
	w->zstd = ZSTD_createCCtx();
	if (w->file && w->zstd)
		ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL);
	ok = w->file && w->zstd && write_all(w, memory, note, direct_map, phys_base);
	if (w->file && fclose(w->file))
		ok = FALSE;
	ZSTD_freeCCtx(w->zstd);
	if (!ok) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot write the vmcore %s: %s", path, g_strerror(errno));
		if (w->file)
			unlink(path);
	}
	return ok;
}
