// SPDX-License-Identifier: GPL-2.0-only
#include "guest/memory_elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "guest/unpack.h"
#include "machine/registers.h"

#define SEGMENTS_MAX	     65534u /* more are written another way (PN_XNUM) */
#define VMCOREINFO_MAX_BYTES 65536u
#define NOTE_PADDED(bytes)   (((guint64)(bytes) + 3) & ~3ull)

struct core {
	const char *path; /* for messages */
	const guint8 *map;
	guint64 bytes;
	const Elf64_Phdr *headers;
	guint n;
};

G_GNUC_PRINTF(3, 4)
static gboolean refuse(const struct core *c, GError **error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_autofree char *why = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s %s", c->path, why);
	return FALSE;
}

/* What a file is that is no ELF, by its first bytes, and what to do about it. */
static gboolean refuse_format(const struct core *c, GError **error)
{
	static const struct {
		const char *magic, *what;
	} formats[] = {
		{ "KDUMP   ", "is a compressed kdump file" },
		{ "DISKDUMP", "is a compressed diskdump file" },
		{ "makedumpfile", "is a flattened kdump file" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
		gsize n = strlen(formats[i].magic);

		if (c->bytes >= n && !memcmp(c->map, formats[i].magic, n))
			return refuse(c, error,
				      "%s; write the dump as ELF (makedumpfile -E, or QEMU's "
				      "dump-guest-memory without a compression option)",
				      formats[i].what);
	}
	return refuse(c, error, "is not an ELF core (nor one compressed by zstd)");
}

static gboolean check_header(struct core *c, GError **error)
{
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)c->map;

	if (c->bytes < sizeof(*e) || memcmp(e->e_ident, ELFMAG, SELFMAG))
		return refuse_format(c, error);
	if (e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_ident[EI_DATA] != ELFDATA2LSB ||
	    e->e_machine != EM_X86_64)
		return refuse(c, error, "is not of an x86-64 machine; no other can be read");
	if (e->e_type != ET_CORE)
		return refuse(c, error, "is an ELF file, but not a core; is it the vmlinux?");
	if (e->e_phentsize != sizeof(Elf64_Phdr) || !e->e_phnum || e->e_phnum > SEGMENTS_MAX ||
	    e->e_phoff % 8 || e->e_phoff > c->bytes ||
	    e->e_phnum * sizeof(Elf64_Phdr) > c->bytes - e->e_phoff)
		return refuse(c, error,
			      "is cut short or damaged: its program headers are not whole");
	c->headers = (const Elf64_Phdr *)(c->map + e->e_phoff);
	c->n = e->e_phnum;
	return TRUE;
}

static gboolean check_segments(const struct core *c, GError **error)
{
	guint64 end = 0;

	for (guint i = 0; i < c->n; i++) {
		const Elf64_Phdr *p = &c->headers[i];

		if (p->p_filesz > G_MAXINT64 || p->p_offset > G_MAXINT64 ||
		    p->p_paddr + p->p_filesz < p->p_paddr)
			return refuse(c, error, "is damaged: program header %u makes no sense", i);
		if (p->p_type == PT_LOAD || p->p_type == PT_NOTE)
			end = MAX(end, p->p_offset + p->p_filesz);
	}
	if (end > c->bytes)
		return refuse(c, error,
			      "is cut short: its headers speak of %" G_GUINT64_FORMAT
			      " bytes, it has %" G_GUINT64_FORMAT,
			      end, c->bytes);
	return TRUE;
}

/* A CPU of which nothing is known has an empty note. */
static void take_registers(const guint8 *status, GArray *cpus)
{
	struct vcpu_registers cpu = { .cpu = cpus->len };

	memcpy(cpu.user, status + PRSTATUS_REGISTERS, sizeof(cpu.user));
	cpu.cpl = cpu.user[USER_CS] & 3;
	cpu.rip = cpu.user[USER_RIP];
	cpu.rsp = cpu.user[USER_RSP];
	cpu.rbp = cpu.user[USER_RBP];
	cpu.valid = cpu.rip != 0;
	if (cpus->len < VCPUS_MAX)
		g_array_append_val(cpus, cpu);
}

/* One note: its @name is padded and need not end. */
static void take_note(const Elf64_Nhdr *note, const char *name, const guint8 *desc,
		      struct memory_elf_notes *notes)
{
	static const char info[] = "VMCOREINFO", core[] = "CORE";

	if (!notes->vmcoreinfo && note->n_namesz == sizeof(info) &&
	    !memcmp(name, info, sizeof(info)) && note->n_descsz <= VMCOREINFO_MAX_BYTES)
		notes->vmcoreinfo = g_strndup((const char *)desc, note->n_descsz);
	else if (note->n_type == NT_PRSTATUS && note->n_namesz == sizeof(core) &&
		 !memcmp(name, core, sizeof(core)) && note->n_descsz >= PRSTATUS_BYTES)
		take_registers(desc, notes->cpus);
}

static void take_notes(const guint8 *at, guint64 bytes, struct memory_elf_notes *notes)
{
	const guint8 *end = at + bytes;
	Elf64_Nhdr note;

	while ((gsize)(end - at) >= sizeof(note)) {
		memcpy(&note, at, sizeof(note));
		at += sizeof(note);

		guint64 name_bytes = NOTE_PADDED(note.n_namesz);
		guint64 desc_bytes = NOTE_PADDED(note.n_descsz);

		if (name_bytes + desc_bytes > (guint64)(end - at))
			return;
		take_note(&note, (const char *)at, at + name_bytes, notes);
		at += name_bytes + desc_bytes;
	}
}

static void find_notes(const struct core *c, struct memory_elf_notes *notes)
{
	for (guint i = 0; i < c->n; i++) {
		const Elf64_Phdr *p = &c->headers[i];

		if (p->p_type == PT_NOTE)
			take_notes(c->map + p->p_offset, p->p_filesz, notes);
	}
}

/* Large ones first: the kernel image's own mapping repeats a part of the RAM. */
static int by_bytes(gconstpointer a, gconstpointer b)
{
	const struct guest_memory_segment *x = a, *y = b;

	return (x->bytes < y->bytes) - (x->bytes > y->bytes);
}

static struct guest_memory *take_segments(const struct core *c, GError **error)
{
	g_autoptr(GArray) segments = g_array_new(FALSE, FALSE, sizeof(struct guest_memory_segment));

	for (guint i = 0; i < c->n; i++) {
		const Elf64_Phdr *p = &c->headers[i];
		struct guest_memory_segment s = { p->p_paddr, p->p_filesz, c->map + p->p_offset };

		if (p->p_type == PT_LOAD && p->p_filesz)
			g_array_append_val(segments, s);
	}
	if (!segments->len) {
		refuse(c, error, "holds no memory: it has no PT_LOAD");
		return NULL;
	}
	g_array_sort(segments, by_bytes);
	return guest_memory_new((struct guest_memory_segment *)segments->data, segments->len,
				(void *)c->map, c->bytes);
}

/* A descriptor of @path, decompressed if need be; caller closes. */
static int open_plain(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), plain;
	guint8 magic[4];
	gssize got = fd < 0 ? -1 : pread(fd, magic, sizeof(magic), 0);

	if (got < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "cannot read %s: %s", path,
			    g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!unpack_is_zstd(magic, got))
		return fd;
	plain = unpack_zstd(fd, path, error);
	close(fd);
	return plain;
}

static gboolean map_file(struct core *c, int fd, GError **error)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !st.st_size)
		return refuse(c, error, "is empty, or not a regular file");
	map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return refuse(c, error, "cannot be mapped: %s", g_strerror(errno));
	c->map = map;
	c->bytes = st.st_size;
	return TRUE;
}

struct guest_memory *memory_elf_open(const char *path, struct memory_elf_notes *notes,
				     GError **error)
{
	struct core c = { .path = path };
	struct guest_memory *m = NULL;
	int fd = open_plain(path, error);

	*notes = (struct memory_elf_notes){ .cpus = g_array_new(FALSE, FALSE,
								sizeof(struct vcpu_registers)) };
	if (fd < 0)
		return NULL;
	if (map_file(&c, fd, error) && check_header(&c, error) && check_segments(&c, error)) {
		find_notes(&c, notes);
		m = take_segments(&c, error);
	}
	close(fd);
	if (!m && c.map)
		munmap((void *)c.map, c.bytes);
	return m;
}

void memory_elf_notes_clear(struct memory_elf_notes *notes)
{
	g_clear_pointer(&notes->vmcoreinfo, g_free);
	g_clear_pointer(&notes->cpus, g_array_unref);
}
