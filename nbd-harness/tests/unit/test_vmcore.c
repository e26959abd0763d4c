// SPDX-License-Identifier: GPL-2.0-only
/* What is written as a vmcore, and what our own reader finds in it again. */
#include "run/vmcore.h"

#include <elf.h>
#include <glib/gstdio.h>
#include <string.h>
#include <zstd.h>

#include "fake_guest.h"
#include "guest/memory_elf.h"
#include "machine/registers.h"

#define INFO "OSRELEASE=6.12.0\nNUMBER(phys_base)=4096\n"

enum { TASK_PID = 8, TASK_BYTES = 64, PID = 0x4711 };

static char *path;

/* Write @f's memory with @cpus and @info, and read it with our own reader. */
static void there_and_back(struct fake_guest *f, const GArray *cpus, const char *info,
			   struct memory_elf_notes *notes)
{
	guint64 letters = fake_text(f, "letters");
	g_autoptr(GError) error = NULL;
	struct guest_memory *back;
	char text[8];

	g_assert_true(vmcore_write(&f->g, cpus, info, path, &error));
	back = memory_elf_open(path, notes, &error);
	g_assert_no_error(error);
	g_assert_true(guest_memory_read(back, letters - FAKE_DIRECT_MAP, text, sizeof(text)));
	g_assert_cmpstr(text, ==, "letters");
	g_assert_cmphex(guest_memory_end(back), ==, FAKE_RAM_BYTES);
	guest_memory_free(back);
}

/* Of the first CPU, in the file as it is. */
static guint32 noted_pid(void)
{
	gsize bytes = FAKE_RAM_BYTES + 2 * GUEST_PAGE_BYTES, packed_bytes;
	g_autofree char *packed = NULL;
	g_autofree guint8 *plain = g_malloc(bytes);
	guint32 pid;

	g_assert_true(g_file_get_contents(path, &packed, &packed_bytes, NULL));
	g_assert_false(ZSTD_isError(ZSTD_decompress(plain, bytes, packed, packed_bytes)));

	const Elf64_Phdr *notes = (const Elf64_Phdr *)(plain + sizeof(Elf64_Ehdr));

	g_assert_cmpuint(notes->p_type, ==, PT_NOTE);
	memcpy(&pid,
	       plain + notes->p_offset + sizeof(Elf64_Nhdr) + sizeof("CORE\0\0\0") + PRSTATUS_PID,
	       sizeof(pid));
	return pid;
}

/* A task that the first of three CPUs runs. */
static void run_task(struct fake_guest *f)
{
	guint64 task = fake_alloc(f, TASK_BYTES), hot = fake_alloc(f, 8);

	fake_u32(f, task + TASK_PID, PID);
	fake_u64(f, hot, task);
	fake_symbol(f, "pcpu_hot", 'd', hot);
	f->g.at.hot_task = 0;
	f->g.at.task_pid = TASK_PID;
	f->g.cpus = 3;
	f->g.percpu_offset[1] = 64; /* nothing there */
	f->g.percpu_offset[2] = FAKE_WILD - hot;
}

static void test_whole(void)
{
	g_auto(fake_guest) f = { 0 };
	/* The second is in real mode, the third in a program. */
	struct vcpu_registers cpus[3] = { { .valid = TRUE },
					  { .cpu = 1 },
					  { .cpu = 2, .valid = TRUE, .cpl = 3 } };
	g_autoptr(GArray) array = g_array_new(FALSE, FALSE, sizeof(cpus[0]));
	struct memory_elf_notes notes;

	fake_guest_init(&f);
	run_task(&f);
	for (guint i = 0; i < G_N_ELEMENTS(cpus); i += 2) {
		for (guint r = 0; r < USER_REGISTERS; r++)
			cpus[i].user[r] = 0x1000 * (i + 1) + r;
		cpus[i].user[USER_CS] = i ? 0x33 : 0x10;
	}
	g_array_append_vals(array, cpus, G_N_ELEMENTS(cpus));
	there_and_back(&f, array, INFO, &notes);

	g_assert_cmphex(noted_pid(), ==, PID);
	g_assert_cmpstr(notes.vmcoreinfo, ==, INFO);
	g_assert_cmpuint(notes.cpus->len, ==, G_N_ELEMENTS(cpus));
	for (guint i = 0; i < G_N_ELEMENTS(cpus); i++) {
		const struct vcpu_registers *r =
			&g_array_index(notes.cpus, struct vcpu_registers, i);

		g_assert_cmpuint(r->cpu, ==, i);
		g_assert_cmpint(r->valid, ==, cpus[i].valid);
		g_assert_cmpuint(r->cpl, ==, cpus[i].cpl);
		g_assert_cmpmem(r->user, sizeof(r->user), cpus[i].user, sizeof(cpus[i].user));
		g_assert_cmphex(r->rip, ==, cpus[i].user[USER_RIP]);
		g_assert_cmphex(r->rsp, ==, cpus[i].user[USER_RSP]);
		g_assert_cmphex(r->rbp, ==, cpus[i].user[USER_RBP]);
	}
	memory_elf_notes_clear(&notes);
	g_unlink(path);
}

/* QEMU is gone, and the guest never said where its kernel lies: its memory is there all the same.
 */
static void test_memory_only(void)
{
	g_auto(fake_guest) f = { 0 };
	struct memory_elf_notes notes;

	fake_guest_init(&f);
	there_and_back(&f, NULL, NULL, &notes);
	g_assert_null(notes.vmcoreinfo);
	g_assert_cmpuint(notes.cpus->len, ==, 0);
	memory_elf_notes_clear(&notes);
	g_unlink(path);
}

int main(int argc, char **argv)
{
	g_autofree char *dir = g_dir_make_tmp("netswap-vmcore-XXXXXX", NULL);
	int status;

	g_test_init(&argc, &argv, NULL);
	g_assert_nonnull(dir);
	path = g_build_filename(dir, "vmcore.zst", NULL);
	g_test_add_func("/vmcore/whole", test_whole);
	g_test_add_func("/vmcore/memory-only", test_memory_only);
	status = g_test_run();
	g_rmdir(dir);
	g_free(path);
	return status;
}
