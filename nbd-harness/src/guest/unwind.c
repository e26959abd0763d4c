// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory of operation
 *
 * A struct cursor stands on one frame: the address of an instruction (ip), the
 * stack pointer in its function (sp), the frame pointer (bp) and, where an
 * interrupt or exception left one, the struct pt_regs.  A step moves it to the
 * caller; each position becomes one struct stack_frame.
 *
 *	start:	struct inactive_task_frame at thread.sp (asleep), or the vCPU's
 *		registers (running)
 *	step:	by frame pointers or by ORC, as arch/x86/kernel/unwind_{frame,orc}.c
 *	end:	STEP_END where the kernel was entered or the thread began;
 *		STEP_LOST where the next frame can't be known: the rest is scanned
 *
 * A running task's frames may begin on its CPU's interrupt stack, whose
 * topmost word leads back to the task's own.
 *
 * Each step must lead up on a stack, or from the interrupt stack to the
 * task's, and adds a frame of at most STACK_FRAMES_MAX, so this ends whatever
 * the guest's memory holds.
 *
 * Limits: exception stacks (NMI, double fault) and the entry trampoline are
 * not followed; a running task that is within a function's first instructions
 * lacks that function's caller if it is unwound by frame pointers; functions
 * that a tracer has diverted (kretprobes, function graph) end the walk.
 */
#include "guest/unwind.h"

#include "guest/orc.h"
#include "machine/registers.h"

#define KERNEL_TEXT 0xffffffff80000000ull /* all kernel and module text lies above */
#define CPL_USER    3
#define IRET_WORDS  5 /* ip, cs, flags, sp, ss: what the CPU pushes */

/* A CPU while the guest is stopped. */
struct cpu {
	struct vcpu_registers registers;
	guint64 task;	      /* that it runs; 0: not known */
	guint64 irq_top_word; /* address of the topmost word of its interrupt stack, or 0 */
};

struct unwinder {
	const struct guest *g;
	struct orc *orc;	  /* NULL: the kernel has no tables */
	guint64 ret_from_fork[2]; /* where a task begins that never ran yet; 0: no such */
	guint cpus;
	struct cpu cpu[GUEST_CPUS_MAX];
};

struct cursor {
	const struct guest *g;
	const struct unwinder *u;
	const struct stack *stack;
	const struct cpu *cpu; /* NULL: the task sleeps */
	struct task_facts *t;
	guint64 ip, sp, bp;
	guint64 regs;	   /* address of the interrupted frame's pt_regs, or 0 */
	guint64 full_regs; /* the last pt_regs with all registers in it, or 0 */
	gboolean signal; /* ip was interrupted: the instruction itself, not the one after a call */
	gboolean guess;	 /* from here on */
};

enum step { STEP_CALLER, STEP_END, STEP_LOST };

struct unwinder *unwinder_new(const struct guest *g)
{
	struct unwinder *u = g_new0(struct unwinder, 1);

	u->g = g;
	u->orc = orc_new(g);
	/* The first since 6.5; then the second is a function that it calls. */
	u->ret_from_fork[0] = symbols_address(g->symbols, "ret_from_fork_asm");
	u->ret_from_fork[1] = symbols_address(g->symbols, "ret_from_fork");
	return u;
}

void unwinder_free(struct unwinder *u)
{
	if (!u)
		return;
	orc_free(u->orc);
	g_free(u);
}

void unwinder_stopped(struct unwinder *u, const GArray *cpus)
{
	const struct guest *g = u->g;

	if (u->orc)
		orc_read_modules(u->orc);
	u->cpus = cpus ? MIN(cpus->len, g->cpus) : 0;
	for (guint i = 0; i < u->cpus; i++) {
		u->cpu[i] = (struct cpu){
			g_array_index(cpus, struct vcpu_registers, i),
			guest_current_task(g, i),
			guest_percpu_pointer(g, i, g->at.hot_irq_stack, "hardirq_stack_ptr"),
		};
	}
}

gboolean stack_index(const struct stack *stack, guint64 address, guint *i)
{
	if (address < stack->sp || address - stack->base >= STACK_BYTES || (address & 7))
		return FALSE;
	*i = (address - stack->base) / 8;
	return TRUE;
}

static gboolean on_irq_stack(const struct cursor *c, guint64 address)
{
	return c->cpu && c->cpu->irq_top_word && !(address & 7) &&
	       c->cpu->irq_top_word - address < STACK_BYTES;
}

/* Callers lie above on the same stack, or on the task's when this is the interrupt stack. */
static gboolean leads_up(const struct cursor *c, guint64 from, guint64 to)
{
	return on_irq_stack(c, from) == on_irq_stack(c, to) ? to >= from : on_irq_stack(c, from);
}

/* The word at @address of one of the task's stacks. */
static gboolean word(const struct cursor *c, guint64 address, guint64 *value)
{
	guint i;

	if (stack_index(c->stack, address, &i)) {
		*value = c->stack->words[i];
		return TRUE;
	}
	return on_irq_stack(c, address) && guest_u64(c->g, address, value);
}

static gboolean push_frame(struct task_facts *t, const struct guest *g, guint64 ip, gboolean signal,
			   gboolean guess)
{
	guint offset = 0, back = signal ? 0 : 1;
	/* A return address may be the first byte of the next function. */
	const char *function = symbols_function(g->symbols, ip - back, &offset);

	if (!function || t->frames == STACK_FRAMES_MAX)
		return FALSE;
	t->stack[t->frames++] =
		(struct stack_frame){ ip, g_intern_string(function), offset + back, guess };
	return TRUE;
}

/* The cursor goes on at the registers at @regs, which may be as few as the CPU pushes. */
static enum step step_to_regs(struct cursor *c, guint64 regs, gboolean full)
{
	const struct layout *at = &c->g->at;
	guint64 cs;

	if (!word(c, regs + at->regs_ip, &c->ip) || !word(c, regs + at->regs_cs, &cs) ||
	    !word(c, regs + at->regs_sp, &c->sp))
		return STEP_LOST;
	/* User code; or the empty ones at the top of a kernel thread's stack. */
	if ((cs & CPL_USER) || !c->ip)
		return STEP_END;
	c->regs = regs;
	c->signal = TRUE;
	if (full)
		c->full_regs = regs;
	return STEP_CALLER;
}

static enum step by_frame_pointers(struct cursor *c)
{
	guint64 bp = c->bp, at = bp & ~1ull;

	if (!bp)
		return STEP_END; /* entry code cleared it */
	if (!leads_up(c, c->sp, at))
		return STEP_LOST;
	c->signal = FALSE;
	if (bp & 1) /* ENCODE_FRAME_POINTER: a pt_regs, not a frame */
		return word(c, at + c->g->at.regs_bp, &c->bp) ? step_to_regs(c, at, TRUE)
							      : STEP_LOST;
	if (!word(c, at, &c->bp) || !word(c, at + 8, &c->ip))
		return STEP_LOST;
	c->sp = at + 16;
	return STEP_CALLER;
}

/* A register of the interrupted frame: only a full pt_regs of the last step or the one before
 * has it. */
static gboolean saved_register(const struct cursor *c, guint offset, guint64 *value)
{
	return c->regs && c->full_regs && word(c, c->full_regs + offset, value);
}

/* The caller's stack pointer, or where its registers lie. */
static gboolean orc_prev_sp(const struct cursor *c, const struct orc_rule *r, guint64 *sp)
{
	const struct layout *at = &c->g->at;

	switch (r->sp_reg) {
	case ORC_REG_SP:
		*sp = c->sp + r->sp_offset;
		return TRUE;
	case ORC_REG_BP:
		*sp = c->bp + r->sp_offset;
		return TRUE;
	case ORC_REG_SP_INDIRECT:
		if (!word(c, c->sp, sp))
			return FALSE;
		*sp += r->sp_offset;
		return TRUE;
	case ORC_REG_BP_INDIRECT:
		return word(c, c->bp + r->sp_offset, sp);
	case ORC_REG_R10:
		return saved_register(c, at->regs_r10, sp);
	case ORC_REG_R13:
		return saved_register(c, at->regs_r13, sp);
	case ORC_REG_DI:
		return saved_register(c, at->regs_di, sp);
	case ORC_REG_DX:
		return saved_register(c, at->regs_dx, sp);
	default:
		return FALSE;
	}
}

/* The caller's frame pointer; @regs, @full_regs: the cursor's after the step. */
static gboolean orc_prev_bp(struct cursor *c, const struct orc_rule *r, guint64 prev_sp)
{
	guint64 bp;

	switch (r->bp_reg) {
	case ORC_REG_UNDEFINED: /* unchanged, unless it was saved with the registers */
		if (saved_register(c, c->g->at.regs_bp, &bp))
			c->bp = bp;
		return TRUE;
	case ORC_REG_PREV_SP:
		return word(c, prev_sp + r->bp_offset, &c->bp);
	case ORC_REG_BP:
		return word(c, c->bp + r->bp_offset, &c->bp);
	default:
		return FALSE;
	}
}

/* Code without a rule (BPF programs) is taken to have a frame pointer, as the kernel does. */
static const struct orc_rule generated_code = {
	.type = ORC_CALL,
	.sp_reg = ORC_REG_BP,
	.sp_offset = 16,
	.bp_reg = ORC_REG_PREV_SP,
	.bp_offset = -16,
};

static enum step orc_move(struct cursor *c, const struct orc_rule *r, guint64 sp)
{
	switch (r->type) {
	case ORC_CALL:
		if (!word(c, sp - 8, &c->ip))
			return STEP_LOST;
		c->sp = sp;
		c->regs = c->full_regs = 0;
		return STEP_CALLER;
	case ORC_REGS:
		return step_to_regs(c, sp, TRUE);
	case ORC_REGS_PARTIAL:
		return step_to_regs(c, sp - c->g->at.regs_ip, FALSE);
	default:
		return STEP_LOST;
	}
}

static enum step by_orc(struct cursor *c)
{
	struct orc_rule r;
	guint64 sp, from = c->sp;
	enum step step;

	if (!orc_find(c->u->orc, c->signal ? c->ip : c->ip - 1, &r)) {
		r = generated_code;
		c->guess = TRUE;
	}
	/* Code that was interrupted there may have been jumped to (retpolines). */
	if (r.type == ORC_END_OF_STACK)
		return c->signal ? STEP_LOST : STEP_END;
	if (r.type == ORC_UNDEFINED || !orc_prev_sp(c, &r, &sp))
		return STEP_LOST;
	step = orc_move(c, &r, sp);
	if (step != STEP_CALLER)
		return step;
	c->signal = r.signal;
	if (!orc_prev_bp(c, &r, sp) || c->sp == from || !leads_up(c, from, c->sp))
		return STEP_LOST;
	return STEP_CALLER;
}

/* ORC tables that can't be read, or an unwinder that we don't know. */
static enum step by_nothing(struct cursor *c)
{
	return STEP_LOST;
}

/* Text addresses from @sp on, on the task's own stack. */
static void scan(struct cursor *c, guint64 sp)
{
	guint i;

	if (!stack_index(c->stack, sp, &i))
		return;
	for (; i < STACK_BYTES / 8 && c->t->frames < STACK_FRAMES_MAX; i++) {
		if (c->stack->words[i] >= KERNEL_TEXT)
			push_frame(c->t, c->g, c->stack->words[i], FALSE, TRUE);
	}
}

/*
 * A function that calls nobody needs no frame: its caller's address may be the
 * word at the stack pointer, which the frame pointers skip.
 */
static void guess_leaf_caller(const struct cursor *c)
{
	guint64 ip;

	if (c->cpu && word(c, c->sp, &ip) && ip >= KERNEL_TEXT)
		push_frame(c->t, c->g, ip, FALSE, TRUE);
}

static gboolean push(const struct cursor *c)
{
	return push_frame(c->t, c->g, c->ip, c->signal, c->guess);
}

static void walk(struct cursor *c)
{
	enum step (*next)(struct cursor *) = c->u->orc		    ? by_orc
					     : c->g->frame_pointers ? by_frame_pointers
								    : by_nothing;
	guint64 known_sp = c->sp;
	gboolean known = push(c);

	if (known && next == by_frame_pointers)
		guess_leaf_caller(c);
	while (known) {
		enum step step;

		known_sp = c->sp;
		step = next(c);
		if (step == STEP_END)
			return;
		known = step == STEP_CALLER && push(c);
	}
	scan(c, known_sp);
}

/* Copy the stack at @base from @sp on; the rest is nobody's. */
static gboolean copy_stack(const struct guest *g, guint64 base, guint64 sp, struct stack *stack)
{
	stack->base = base;
	stack->sp = sp;
	return guest_is_pointer(base) && sp - base < STACK_BYTES && !(sp & 7) &&
	       guest_read(g, sp, &stack->words[(sp - base) / 8], base + STACK_BYTES - sp);
}

static gboolean start_asleep(struct cursor *c, guint64 base, struct stack *stack)
{
	const struct guest *g = c->g;
	guint64 sp;

	if (!guest_u64(g, c->t->address + g->at.task_sp, &sp) || !copy_stack(g, base, sp, stack) ||
	    !word(c, sp + g->at.frame_bp, &c->bp) || !word(c, sp + g->at.frame_ret, &c->ip))
		return FALSE;
	c->sp = sp + g->at.frame_ret + 8; /* ret_addr ends struct inactive_task_frame */
	c->signal = c->ip == c->u->ret_from_fork[0] || c->ip == c->u->ret_from_fork[1];
	return TRUE;
}

static gboolean start_running(struct cursor *c, guint64 base, struct stack *stack)
{
	const struct vcpu_registers *r;

	for (guint i = 0; i < c->u->cpus && !c->cpu; i++) {
		if (c->u->cpu[i].task == c->t->address)
			c->cpu = &c->u->cpu[i];
	}
	r = c->cpu ? &c->cpu->registers : NULL;
	if (!r || !r->valid || r->cpl == CPL_USER)
		return FALSE;
	c->ip = r->rip;
	c->sp = r->rsp;
	c->bp = r->rbp;
	c->signal = TRUE;
	/* On the interrupt stack the task's own begins we don't know where yet. */
	return copy_stack(c->g, base, c->sp - base < STACK_BYTES ? c->sp & ~7ull : base, stack);
}

gboolean unwind_task(const struct unwinder *u, struct task_facts *t, struct stack *stack)
{
	struct cursor c = { .g = u->g, .u = u, .stack = stack, .t = t };
	guint64 base;

	if (!guest_u64(u->g, t->address + u->g->at.task_stack, &base) ||
	    !(t->on_cpu ? start_running : start_asleep)(&c, base, stack))
		return FALSE;
	walk(&c);
	return TRUE;
}
