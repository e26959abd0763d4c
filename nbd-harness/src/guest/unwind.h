/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One task's kernel stack -> frames, whatever the kernel's unwinder is.
 *
 *	frame pointers	where the kernel was built with them
 *	ORC		where it carries its tables (guest/orc.h), as Debian's do
 *	scan		what is left when both lose the way: text addresses found
 *			on the rest of the stack, marked as guesses
 *
 * A sleeping task is unwound from where it called the scheduler, a task on a
 * CPU from the vCPU's registers, through the CPU's interrupt stack if need be.
 */
#ifndef NETSWAP_GUEST_UNWIND_H
#define NETSWAP_GUEST_UNWIND_H

#include "base/scope.h"
#include "guest/guest.h"
#include "judge/facts.h"

#define STACK_BYTES (16u << 10) /* THREAD_SIZE of x86-64 without KASAN */

/*
 * A task's stack, copied from the innermost frame up: words[i] stood at
 * base + 8 * i, those below sp were not read.
 */
struct stack {
	guint64 base, sp;
	guint64 words[STACK_BYTES / 8];
};

/* The index of the word at @address; FALSE when it is not one of those that were read. */
gboolean stack_index(const struct stack *stack, guint64 address, guint *i);

struct unwinder;

struct unwinder *unwinder_new(const struct guest *g);
void unwinder_free(struct unwinder *u);
DEFINE_SCOPED(unwinder, unwinder_free)

/*
 * The guest has been stopped: look at which modules are loaded and what each
 * CPU runs.  @cpus: of struct vcpu_registers, or NULL when they are not known.
 * What unwind_task() says holds until the guest runs again.
 */
void unwinder_stopped(struct unwinder *u, const GArray *cpus);

/*
 * Fill the stack of @t, whose address and on_cpu are set, and copy it to
 * @stack for those who look for more on it.  FALSE: there is nothing to read
 * (the task runs user code, its stack is gone, or its registers are not known).
 */
gboolean unwind_task(const struct unwinder *u, struct task_facts *t, struct stack *stack);

#endif
