// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: any file may be given as a core.  It is refused with a
 * reason, or its memory, notes and symbols are read within bounds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/kallsyms.h"
#include "guest/memory_elf.h"
#include "guest/vmcoreinfo.h"
#include "machine/registers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_symbols(struct guest_memory *memory, const struct vmcoreinfo *info)
{
	struct guest image = { .memory = memory, .phys_base = info->phys_base };
	g_autoptr(GString) text = g_string_new(NULL);
	struct symbols *s = NULL;

	if (kallsyms_of_kernel(&image, info->text, text, NULL))
		s = symbols_from_kallsyms(text->str, text->len, NULL);
	symbols_free(s);
}

/* Every segment reads at both its ends, and nothing does just beyond the last. */
static void read_ends(const struct guest_memory *memory)
{
	struct guest_memory_segment s;
	guint8 byte;

	for (guint i = 0; guest_memory_segment(memory, i, &s); i++) {
		if (!guest_memory_read(memory, s.paddr, &byte, 1) ||
		    !guest_memory_read(memory, s.paddr + s.bytes - 1, &byte, 1))
			abort();
	}
	if (guest_memory_read(memory, guest_memory_end(memory), &byte, 1))
		abort();
}

static void look_into(struct guest_memory *memory, const char *note)
{
	struct vmcoreinfo info;

	read_ends(memory);
	if ((note && vmcoreinfo_parse(note, &info)) || vmcoreinfo_search(memory, &info)) {
		read_symbols(memory, &info);
		vmcoreinfo_clear(&info);
	}
}

static void look_at_cpus(const GArray *cpus)
{
	if (cpus->len > VCPUS_MAX)
		abort();
	for (guint i = 0; i < cpus->len; i++) {
		const struct vcpu_registers *r = &g_array_index(cpus, struct vcpu_registers, i);

		if (r->cpu != i || r->cpl > 3 || r->rsp != r->user[USER_RSP])
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("core", MFD_CLOEXEC);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autoptr(GError) error = NULL;
	struct memory_elf_notes notes;
	struct guest_memory *memory;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	memory = memory_elf_open(path, &notes, &error);
	if (!memory == !error)
		abort();
	if (memory)
		look_into(memory, notes.vmcoreinfo);
	look_at_cpus(notes.cpus);
	memory_elf_notes_clear(&notes);
	guest_memory_free(memory);
	close(fd);
	return 0;
}
