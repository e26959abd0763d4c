/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ORC: for each address of kernel text the rule by which the caller's frame is
 * found, from the tables that the kernel carries in its own memory.
 *
 *	__start_orc_unwind_ip[]	 where a rule begins, relative to the entry itself; sorted
 *	__start_orc_unwind[]	 the rule, struct orc_entry
 *	mod->arch		 the same two for each module
 *
 * How struct orc_entry is packed comes from BTF, and so does the meaning of
 * its type: a member "end" means the numbering before 6.4.  What the register
 * numbers mean is not in BTF; they are those of asm/orc_types.h, the same
 * from 5.13 to 6.12.
 */
#ifndef NETSWAP_GUEST_ORC_H
#define NETSWAP_GUEST_ORC_H

#include "base/scope.h"
#include "guest/guest.h"

enum orc_type {
	ORC_UNDEFINED,	  /* code of which nothing is known */
	ORC_END_OF_STACK, /* nobody called this */
	ORC_CALL,	  /* the caller's address lies on the stack */
	ORC_REGS,	  /* a whole struct pt_regs does: this code was interrupted */
	ORC_REGS_PARTIAL, /* only the registers that the CPU pushes do */
};

enum orc_register {
	ORC_REG_UNDEFINED,
	ORC_REG_PREV_SP,
	ORC_REG_DX,
	ORC_REG_DI,
	ORC_REG_BP,
	ORC_REG_SP,
	ORC_REG_R10,
	ORC_REG_R13,
	ORC_REG_BP_INDIRECT,
	ORC_REG_SP_INDIRECT,
};

struct orc_rule {
	enum orc_type type;
	guint sp_reg, bp_reg; /* enum orc_register, unchecked */
	gint sp_offset, bp_offset;
	gboolean signal; /* the address found next is of an instruction not yet executed */
};

struct orc;

/* Copy the kernel's own tables; NULL: it has none, or they can't be read.  Keeps @g. */
struct orc *orc_new(const struct guest *g);
void orc_free(struct orc *o);
DEFINE_SCOPED(orc, orc_free)

/* Copy the tables of the modules that are loaded now (guest stopped). */
void orc_read_modules(struct orc *o);

/* The rule for the instruction at @ip; FALSE: no table covers it. */
gboolean orc_find(const struct orc *o, guint64 ip, struct orc_rule *rule);

#endif
