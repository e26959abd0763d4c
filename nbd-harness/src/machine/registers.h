/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vCPUs' registers, as far as unwinding needs them.
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

struct vcpu_registers {
	guint cpu;
	gboolean valid; /* in 64-bit mode; otherwise only cpl is known */
	guint cpl;	/* 3: runs user code */
	guint64 rip, rsp, rbp;
};

/*
 * Both return a GArray of struct vcpu_registers, by cpu from 0 on; caller
 * unrefs.  NULL with NETSWAP_ERROR_INFRA: QEMU did not answer, or not as known.
 */
GArray *vcpu_registers_read(struct qmp *qmp, GError **error); /* the VM must be stopped */
GArray *vcpu_registers_parse(const char *text, GError **error);

#endif
