/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vCPUs' registers, as far as the notes of a core hold them.
 *
 * QMP has no command for registers: they are read from the human monitor's
 * "info registers -a", whose text is parsed as QEMU 7.2 prints it
 * (target/i386/cpu-dump.c).
 */
#ifndef NETSWAP_MACHINE_REGISTERS_H
#define NETSWAP_MACHINE_REGISTERS_H

#include <glib.h>

struct qmp;

#define VCPUS_MAX 64

/* Those of struct user_regs_struct of x86-64, in its order. */
enum user_register {
	USER_R15,
	USER_R14,
	USER_R13,
	USER_R12,
	USER_RBP,
	USER_RBX,
	USER_R11,
	USER_R10,
	USER_R9,
	USER_R8,
	USER_RAX,
	USER_RCX,
	USER_RDX,
	USER_RSI,
	USER_RDI,
	USER_ORIG_RAX, /* of a system call; QEMU does not know */
	USER_RIP,
	USER_CS,
	USER_FLAGS,
	USER_RSP,
	USER_SS,
	USER_FS_BASE,
	USER_GS_BASE,
	USER_DS,
	USER_ES,
	USER_FS,
	USER_GS,
	USER_REGISTERS
};

struct vcpu_registers {
	guint cpu;
	gboolean valid;		      /* in 64-bit mode; otherwise only cpl is known */
	guint cpl;		      /* 3: runs user code */
	guint64 rip, rsp, rbp;	      /* what unwinding needs */
	guint64 user[USER_REGISTERS]; /* those three too; 0 where not known */
};

/*
 * Both return a GArray of struct vcpu_registers, by cpu from 0 on; caller
 * unrefs.  NULL with NETSWAP_ERROR_INFRA: QEMU did not answer, or not as known.
 */
GArray *vcpu_registers_read(struct qmp *qmp, GError **error); /* the VM must be stopped */
GArray *vcpu_registers_parse(const char *text, GError **error);

#endif
