// SPDX-License-Identifier: GPL-2.0-only
#include "run/vmcore.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/error.h"
#include "guest/memory_elf.h"
#include "machine/registers.h"

#define SEGMENTS_MAX 2
/* arch/x86/include/asm/page_64_types.h */
#define START_KERNEL_MAP   0xffffffff80000000ull
#define KERNEL_IMAGE_BYTES (1ull << 30)
#define CHUNK_BYTES	   (1u << 20)
#define LEVEL		   1 /* zstd: RAM compresses well at once, and nobody wants to wait */

/* @name: with its NUL and padded to 4, as all of a note is. */
static void add_note(GByteArray *notes, guint type, const char *name, gsize name_bytes,
		     const void *data, gsize bytes)
{
	static const guint8 zeros[4];
	Elf64_Nhdr header = { .n_namesz = strlen(name) + 1, .n_descsz = bytes, .n_type = type };

	g_byte_array_append(notes, (guint8 *)&header, sizeof(header));
	g_byte_array_append(notes, (const guint8 *)name, name_bytes);
	g_byte_array_append(notes, data, bytes);
	g_byte_array_append(notes, zeros, -bytes & 3);
}

/*
 * Readers count these: each CPU has one, also where nothing is known of it.
 * The pid is that of the task that the CPU runs, as kdump has it: drgn takes the
 * registers for nobody else's.
 */
static void add_cpu(GByteArray *notes, const struct guest *g, const struct vcpu_registers *cpu)
{
	static const char name[8] = "CORE";
	guint8 status[PRSTATUS_BYTES] = { 0 };
	guint64 task = cpu->cpu < g->cpus ? guest_current_task(g, cpu->cpu) : 0;
	guint32 pid = 0;

	if (task)
		guest_u32(g, task + g->at.task_pid, &pid);
	memcpy(status + PRSTATUS_PID, &pid, sizeof(pid));
	memcpy(status + PRSTATUS_REGISTERS, cpu->user, sizeof(cpu->user));
	add_note(notes, NT_PRSTATUS, name, sizeof(name), status, sizeof(status));
}

static GByteArray *all_notes(const struct guest *g, const GArray *cpus, const char *info)
{
	static const char name[12] = "VMCOREINFO";
	GByteArray *notes = g_byte_array_new();

	for (guint i = 0; cpus && i < cpus->len; i++)
		add_cpu(notes, g, &g_array_index(cpus, struct vcpu_registers, i));
	if (info)
		add_note(notes, 0, name, sizeof(name), info, strlen(info));
	return notes;
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

/* ELF header, program headers, notes, padded so that the segments begin on a page. */
static GByteArray *headers(const struct guest *g, const GByteArray *notes)
{
	GByteArray *out = g_byte_array_new();
	struct guest_memory_segment s;
	guint n = 0;

	while (guest_memory_segment(g->memory, n, &s) && n < SEGMENTS_MAX)
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
	guint64 data_at = (note_at + notes->len + GUEST_PAGE_BYTES - 1) &
			  ~(GUEST_PAGE_BYTES - 1ull);
	Elf64_Phdr phdr = { .p_type = PT_NOTE, .p_offset = note_at, .p_filesz = notes->len };
	guint8 zero = 0;

	memcpy(ehdr.e_ident, ELFMAG, SELFMAG);
	ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	g_byte_array_append(out, (guint8 *)&ehdr, sizeof(ehdr));
	g_byte_array_append(out, (guint8 *)&phdr, sizeof(phdr));

	phdr = kernel_image(g->memory, data_at, g->phys_base);
	g_byte_array_append(out, (guint8 *)&phdr, sizeof(phdr));

	guint64 offset = data_at;

	for (guint i = 0; i < n && guest_memory_segment(g->memory, i, &s); i++) {
		phdr = (Elf64_Phdr){ .p_type = PT_LOAD,
				     .p_flags = PF_R | PF_W | PF_X,
				     .p_offset = offset,
				     .p_vaddr = g->direct_map + s.paddr,
				     .p_paddr = s.paddr,
				     .p_filesz = s.bytes,
				     .p_memsz = s.bytes };
		g_byte_array_append(out, (guint8 *)&phdr, sizeof(phdr));
		offset += s.bytes;
	}
	g_byte_array_append(out, notes->data, notes->len);
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

static gboolean write_all(struct writer *w, const struct guest *g, const GByteArray *notes)
{
	g_autoptr(GByteArray) head = headers(g, notes);
	struct guest_memory_segment s;

	if (!put(w, head->data, head->len, ZSTD_e_continue))
		return FALSE;
	for (guint i = 0; i < SEGMENTS_MAX && guest_memory_segment(g->memory, i, &s); i++) {
		if (!put(w, s.data, s.bytes, ZSTD_e_continue))
			return FALSE;
	}
	return put(w, NULL, 0, ZSTD_e_end);
}

gboolean vmcore_write(const struct guest *g, const GArray *cpus, const char *info, const char *path,
		      GError **error)
{
	g_autoptr(GByteArray) notes = all_notes(g, cpus, info);
	g_autofree struct writer *w = g_new0(struct writer, 1);
	gboolean ok;

	w->file = fopen(path, "wbxe");
	w->zstd = ZSTD_createCCtx();
	if (w->file && w->zstd)
		ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL);
	ok = w->file && w->zstd && write_all(w, g, notes);
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
