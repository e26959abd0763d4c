/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory from an ELF core: ours (vmcore.zst), QEMU's dump-guest-memory,
 * a /proc/vmcore that kdump saved; anything whose PT_LOADs name physical
 * addresses.  The file is mapped; a zstd one is decompressed first.
 *
 * A core is hostile input like any guest: headers and notes are checked against
 * the file's size.  A core that is shorter than its headers say is refused: half
 * of a memory gives wrong answers, not half of them.
 */
#ifndef NETSWAP_GUEST_MEMORY_ELF_H
#define NETSWAP_GUEST_MEMORY_ELF_H

#include "guest/memory.h"

/*
 * The note of a CPU: struct elf_prstatus of x86-64 (include/uapi/linux/elfcore.h),
 * whose pr_reg is a struct user_regs_struct (enum user_register).
 */
#define PRSTATUS_BYTES	   336
#define PRSTATUS_PID	   32
#define PRSTATUS_REGISTERS 112

/* What a core says besides its memory. */
struct memory_elf_notes {
	char *vmcoreinfo; /* text of the VMCOREINFO note, or NULL */
	GArray *cpus;	  /* of struct vcpu_registers (machine/registers.h), by CPU; may be empty */
};

/*
 * Open @path.  *notes is filled in; the caller clears it, also after a failure.
 * Errors: NETSWAP_ERROR_USAGE, not such a core or not whole; NETSWAP_ERROR_INFRA,
 * no room to decompress it.
 */
struct guest_memory *memory_elf_open(const char *path, struct memory_elf_notes *notes,
				     GError **error);
void memory_elf_notes_clear(struct memory_elf_notes *notes);

#endif
