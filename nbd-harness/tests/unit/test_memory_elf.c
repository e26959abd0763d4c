// SPDX-License-Identifier: GPL-2.0-only
/* ELF cores as guest memory: whole ones read, plain and compressed; broken ones are refused by
 * name and reason. */
#include "guest/memory_elf.h"

#include <elf.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <zstd.h>

#include "base/error.h"
#include "guest/vmcoreinfo.h"
#include "machine/registers.h"

#define PAGES	 3
#define RAM_AT	 0x100000ull
#define NOTES_AT 0x400
#define DATA_AT	 0x1000
#define INFO	 "OSRELEASE=6.12.0\nNUMBER(phys_base)=-4096\nKERNELOFFSET=1c000000\n"

static char *dir;

/* Header, PT_NOTE with VMCOREINFO, the kernel image's PT_LOAD (one page, twice), all of RAM. */
static GByteArray *core_new(void)
{
	GByteArray *core = g_byte_array_new();
	Elf64_Ehdr e = { .e_type = ET_CORE,
			 .e_machine = EM_X86_64,
			 .e_phoff = sizeof(e),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 3 };
	Elf64_Nhdr note = { 11, strlen(INFO), 0 };
	Elf64_Phdr p[] = {
		{ .p_type = PT_NOTE, .p_offset = NOTES_AT, .p_filesz = 24 + strlen(INFO) },
		{ .p_type = PT_LOAD,
		  .p_offset = DATA_AT + GUEST_PAGE_BYTES,
		  .p_paddr = RAM_AT + GUEST_PAGE_BYTES,
		  .p_filesz = GUEST_PAGE_BYTES },
		{ .p_type = PT_LOAD,
		  .p_offset = DATA_AT,
		  .p_paddr = RAM_AT,
		  .p_filesz = PAGES * GUEST_PAGE_BYTES },
	};

	p[0].p_filesz = (p[0].p_filesz + 3) & ~3ull;
	memcpy(e.e_ident, ELFMAG, SELFMAG);
	e.e_ident[EI_CLASS] = ELFCLASS64;
	e.e_ident[EI_DATA] = ELFDATA2LSB;
	g_byte_array_set_size(core, DATA_AT + PAGES * GUEST_PAGE_BYTES);
	memset(core->data, 0, core->len);
	memcpy(core->data, &e, sizeof(e));
	memcpy(core->data + sizeof(e), p, sizeof(p));
	memcpy(core->data + NOTES_AT, &note, sizeof(note));
	memcpy(core->data + NOTES_AT + sizeof(note), "VMCOREINFO", 11);
	memcpy(core->data + NOTES_AT + sizeof(note) + 12, INFO, strlen(INFO));
	for (guint i = 0; i < PAGES; i++)
		memset(core->data + DATA_AT + i * GUEST_PAGE_BYTES, 'a' + i, 16);
	return core;
}

static Elf64_Ehdr *header(GByteArray *core)
{
	return (Elf64_Ehdr *)core->data;
}

static Elf64_Phdr *program_header(GByteArray *core, guint i)
{
	return (Elf64_Phdr *)(core->data + sizeof(Elf64_Ehdr)) + i;
}

static struct guest_memory *open_bytes(const void *data, gsize bytes, char **note, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "core", NULL);
	struct memory_elf_notes notes;
	struct guest_memory *m;

	g_assert_true(g_file_set_contents(path, data, bytes, NULL));
	m = memory_elf_open(path, &notes, error);
	*note = g_steal_pointer(&notes.vmcoreinfo);
	memory_elf_notes_clear(&notes);
	return m;
}

static void assert_whole(struct guest_memory *m, const char *note)
{
	char text[3] = "";

	g_assert_nonnull(m);
	g_assert_cmpstr(note, ==, INFO);
	g_assert_cmphex(guest_memory_end(m), ==, RAM_AT + PAGES * GUEST_PAGE_BYTES);
	g_assert_true(guest_memory_read(m, RAM_AT + GUEST_PAGE_BYTES, text, 2));
	g_assert_cmpstr(text, ==, "bb");
	/* Across what is mapped twice and what is not. */
	g_assert_true(guest_memory_read(m, RAM_AT + 2 * GUEST_PAGE_BYTES - 1, text, 2));
	g_assert_cmpint(text[1], ==, 'c');
	g_assert_false(guest_memory_read(m, RAM_AT - 1, text, 2));
	g_assert_false(guest_memory_read(m, RAM_AT + PAGES * GUEST_PAGE_BYTES - 1, text, 2));
	g_assert_false(guest_memory_read(m, G_MAXUINT64, text, 2));
}

static void test_whole(void)
{
	g_autoptr(GByteArray) core = core_new();
	g_autofree char *note = NULL;
	g_autoptr(GError) error = NULL;
	struct guest_memory *m = open_bytes(core->data, core->len, &note, &error);

	g_assert_no_error(error);
	assert_whole(m, note);
	guest_memory_free(m);
}

static GByteArray *compressed(const GByteArray *core)
{
	GByteArray *out = g_byte_array_new();

	g_byte_array_set_size(out, ZSTD_compressBound(core->len));
	g_byte_array_set_size(out, ZSTD_compress(out->data, out->len, core->data, core->len, 1));
	return out;
}

static void test_compressed(void)
{
	g_autoptr(GByteArray) core = core_new();
	g_autoptr(GByteArray) packed = compressed(core);
	g_autofree char *note = NULL;
	g_autoptr(GError) error = NULL;
	struct guest_memory *m = open_bytes(packed->data, packed->len, &note, &error);

	g_assert_no_error(error);
	assert_whole(m, note);
	guest_memory_free(m);
	for (guint cut = 4; cut < packed->len; cut++) {
		g_autoptr(GError) damage = NULL;
		g_autofree char *none = NULL;

		g_assert_null(open_bytes(packed->data, cut, &none, &damage));
		g_assert_error(damage, NETSWAP_ERROR, NETSWAP_ERROR_USAGE);
		g_assert_nonnull(strstr(damage->message, "core is damaged or cut short"));
	}
}

/* A limit on the size of files stands for a disk without room. */
static void test_no_room(void)
{
	g_autoptr(GByteArray) core = core_new();
	g_autoptr(GByteArray) packed = compressed(core);
	g_autoptr(GError) error = NULL;
	g_autofree char *note = NULL;
	struct rlimit before, small;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){ GUEST_PAGE_BYTES, before.rlim_max };
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
	g_assert_null(open_bytes(packed->data, packed->len, &note, &error));
	setrlimit(RLIMIT_FSIZE, &before);
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_assert_nonnull(strstr(error->message, "TMPDIR"));
}

static void set_exec(GByteArray *core)
{
	header(core)->e_type = ET_EXEC;
}

static void set_32_bit(GByteArray *core)
{
	core->data[EI_CLASS] = ELFCLASS32;
}

static void set_arm(GByteArray *core)
{
	header(core)->e_machine = EM_AARCH64;
}

static void set_headers_far(GByteArray *core)
{
	header(core)->e_phoff = G_MAXUINT64 & ~7ull;
}

static void set_no_headers(GByteArray *core)
{
	header(core)->e_phnum = 0;
}

static void set_wrapping(GByteArray *core)
{
	program_header(core, 2)->p_paddr = G_MAXUINT64;
}

static void set_far(GByteArray *core)
{
	program_header(core, 2)->p_offset = G_MAXUINT64 - 10;
}

static void set_long_note(GByteArray *core)
{
	program_header(core, 0)->p_filesz = 1 << 30;
}

static void set_no_load(GByteArray *core)
{
	program_header(core, 1)->p_type = program_header(core, 2)->p_type = PT_NULL;
}

static void cut_tail(GByteArray *core)
{
	g_byte_array_set_size(core, core->len - 1);
}

static void cut_header(GByteArray *core)
{
	g_byte_array_set_size(core, sizeof(Elf64_Ehdr) - 1);
}

static void cut_all(GByteArray *core)
{
	g_byte_array_set_size(core, 0);
}

static void set_kdump(GByteArray *core)
{
	memcpy(core->data, "KDUMP   ", 8);
}

static void set_text(GByteArray *core)
{
	memcpy(core->data, "hello", 5);
}

static void test_refused(void)
{
	static const struct {
		void (*spoil)(GByteArray *core);
		const char *words;
	} cases[] = {
		{ set_exec, "not a core; is it the vmlinux?" },
		{ set_32_bit, "not of an x86-64 machine" },
		{ set_arm, "not of an x86-64 machine" },
		{ set_headers_far, "program headers are not whole" },
		{ set_no_headers, "program headers are not whole" },
		{ set_wrapping, "program header 2 makes no sense" },
		{ set_far, "program header 2 makes no sense" },
		{ set_long_note, "cut short" },
		{ set_no_load, "no PT_LOAD" },
		{ cut_tail, "is cut short: its headers speak of 16384 bytes, it has 16383" },
		{ cut_header, "not an ELF core" },
		{ cut_all, "is empty" },
		{ set_kdump, "makedumpfile -E" },
		{ set_text, "not an ELF core" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) core = core_new();
		g_autofree char *note = NULL;
		g_autoptr(GError) error = NULL;

		cases[i].spoil(core);
		g_assert_null(open_bytes(core->data, core->len, &note, &error));
		g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE);
		g_assert_nonnull(strstr(error->message, cases[i].words));
		g_assert_nonnull(strstr(error->message, "/core "));
	}
}

/* Whatever a note's sizes say, nothing beyond the note is read. */
static void test_broken_notes(void)
{
	static const guint32 sizes[] = { 0, 1, 12, 4096, G_MAXUINT32 - 2, G_MAXUINT32 };

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		for (guint k = 0; k < 2; k++) {
			g_autoptr(GByteArray) core = core_new();
			g_autofree char *note = NULL;
			struct guest_memory *m;

			memcpy(core->data + NOTES_AT + 4 * k, &sizes[i], 4);
			m = open_bytes(core->data, core->len, &note, NULL);
			g_assert_nonnull(m);
			g_assert_true(!note || strlen(note) <= strlen(INFO) + 4);
			guest_memory_free(m);
		}
	}
}

/* As QEMU writes them: a note for each CPU. */
static void test_registers(void)
{
	g_autoptr(GByteArray) core = core_new();
	g_autofree char *path = g_build_filename(dir, "core", NULL);
	Elf64_Nhdr head = { sizeof("CORE"), 336, NT_PRSTATUS };
	struct memory_elf_notes notes;
	struct guest_memory *m;

	for (guint cpu = 0; cpu < 2; cpu++) {
		guint8 *at = core->data + NOTES_AT + cpu * (sizeof(head) + 8 + 336);
		guint64 registers[USER_REGISTERS] = { [USER_RBP] = 0x100 + cpu,
						      [USER_RIP] = 0x200 + cpu,
						      [USER_CS] = cpu ? 0x33 : 0x10,
						      [USER_RSP] = 0x300 + cpu };

		memcpy(at, &head, sizeof(head));
		memcpy(at + sizeof(head), "CORE\0\0\0", 8);
		memcpy(at + sizeof(head) + 8 + 112, registers, sizeof(registers));
	}
	program_header(core, 0)->p_filesz = 2 * (sizeof(head) + 8 + 336);
	g_assert_true(g_file_set_contents(path, (char *)core->data, core->len, NULL));
	m = memory_elf_open(path, &notes, NULL);
	g_assert_nonnull(m);
	g_assert_null(notes.vmcoreinfo);
	g_assert_cmpuint(notes.cpus->len, ==, 2);
	for (guint cpu = 0; cpu < 2; cpu++) {
		const struct vcpu_registers *r =
			&g_array_index(notes.cpus, struct vcpu_registers, cpu);

		g_assert_true(r->valid);
		g_assert_cmpuint(r->cpu, ==, cpu);
		g_assert_cmpuint(r->cpl, ==, cpu ? 3 : 0);
		g_assert_cmphex(r->rbp, ==, 0x100 + cpu);
		g_assert_cmphex(r->rip, ==, 0x200 + cpu);
		g_assert_cmphex(r->rsp, ==, 0x300 + cpu);
	}
	memory_elf_notes_clear(&notes);
	guest_memory_free(m);
}

static void test_vmcoreinfo(void)
{
	g_autoptr(GByteArray) core = core_new();
	g_autofree char *note = NULL;
	struct vmcoreinfo v;
	struct guest_memory *m;

	g_assert_true(vmcoreinfo_parse(INFO, &v));
	g_assert_cmphex(v.phys_base, ==, -4096ull);
	g_assert_cmphex(v.kernel_offset, ==, 0x1c000000);
	vmcoreinfo_clear(&v);
	g_assert_false(vmcoreinfo_parse("OSRELEASE=6.12.0\nxNUMBER(phys_base)=0\n", &v));

	/* A core without the note, but with it in its memory; a lookalike stands before. */
	memcpy(core->data + DATA_AT + 100, "VMCOREINFO\0\0OSRELEASE=", 22);
	memcpy(core->data + DATA_AT + 5000, core->data + NOTES_AT, 24 + strlen(INFO));
	program_header(core, 0)->p_type = PT_NULL;
	m = open_bytes(core->data, core->len, &note, NULL);
	g_assert_null(note);
	g_assert_true(vmcoreinfo_search(m, &v));
	g_assert_cmpstr(v.text, ==, INFO);
	vmcoreinfo_clear(&v);
	guest_memory_free(m);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	dir = g_dir_make_tmp("netswap-elf-XXXXXX", NULL);
	g_assert_nonnull(dir);
	g_test_add_func("/memory-elf/whole", test_whole);
	g_test_add_func("/memory-elf/compressed", test_compressed);
	g_test_add_func("/memory-elf/no-room", test_no_room);
	g_test_add_func("/memory-elf/refused", test_refused);
	g_test_add_func("/memory-elf/broken-notes", test_broken_notes);
	g_test_add_func("/memory-elf/registers", test_registers);
	g_test_add_func("/memory-elf/vmcoreinfo", test_vmcoreinfo);
	status = g_test_run();

	g_autofree char *path = g_build_filename(dir, "core", NULL);

	g_unlink(path);
	g_rmdir(dir);
	g_free(dir);
	return status;
}
