// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks of made-up tasks, unwound by ORC, by frame pointers and by nothing:
 * asleep, interrupted and running, whole, torn and looping.
 */
#include "guest/unwind.h"

#include "fake_orc.h"
#include "machine/registers.h"

#define IPS	(IMAGE + 0x20000)
#define ENTRIES (IMAGE + 0x30000)
#define TASK	(IMAGE + 0x40000)
#define STACK	(IMAGE + 0x44000)
#define TOP	(STACK + STACK_BYTES)
#define IRQ	(IMAGE + 0x48000)
#define IRQ_TOP (IRQ + STACK_BYTES - 8) /* its topmost word */
#define PERCPU	(IMAGE + 0x50000)

/* Functions of 0x100 bytes each; what their ORC rule says is in rules[]. */
enum function {
	CALLED,	     /* keeps 16 bytes on the stack */
	FRAMED,	     /* has a frame pointer */
	INTERRUPTED, /* keeps nothing */
	SWITCHED,    /* runs on the interrupt stack, called from the task's */
	ENTRY,	     /* registers of the interrupted code lie at sp */
	EXIT,	     /* only what the CPU pushed lies there */
	REALIGNED,   /* its caller's stack pointer is in r10 */
	STUCK,	     /* says that its caller's frame is its own */
	UNKNOWN,     /* nothing is known of it */
	FORK,	     /* nobody called it */
	GENERATED,   /* has no rule: lies beyond the tables */
	FUNCTIONS,
};

static const char *const names[FUNCTIONS] = {
	"called",    "framed", "interrupted", "switched",	   "entry",   "exit",
	"realigned", "stuck",  "unknown",     "ret_from_fork_asm", "bpf_prog"
};

static const struct fake_rule rules[GENERATED] = {
	[CALLED] = { 24, 0, 0x05, 2 },	   [FRAMED] = { 16, -16, 0x14, 2 },
	[INTERRUPTED] = { 8, 0, 0x05, 2 }, [SWITCHED] = { 8, 0, 0x09, 2 },
	[ENTRY] = { 0, 0, 0x05, 8 | 3 },   [EXIT] = { 0, 0, 0x05, 8 | 4 },
	[REALIGNED] = { 0, 0, 0x06, 2 },   [STUCK] = { 0, 0, 0x05, 2 },
	[UNKNOWN] = { 0, 0, 0, 0 },	   [FORK] = { 0, 0, 0, 1 },
};

/* struct pt_regs */
enum {
	R13 = 16,
	BP = 32,
	R10 = 56,
	DX = 96,
	DI = 112,
	IP = 128,
	CS = 136,
	SP = 152,
};
#define KERNEL_CS 0x10
#define USER_CS	  0x33

static guint64 within(enum function function)
{
	return IMAGE + 0x10000 + function * 0x100 + 0x20;
}

/* The unwinder of the test that runs, its guest and its task. */
static struct fake_guest f;
static struct unwinder *unwinder;
static struct task_facts task;
static struct stack stack;

enum how { BY_ORC, BY_FRAME_POINTERS, BY_NOTHING };

static void put64(guint64 address, guint64 value)
{
	fake_image_u64(&f, address, value);
}

static void set_up_layout(struct layout *at)
{
	at->task_stack = 0;
	at->task_sp = 8;
	at->frame_bp = 40;
	at->frame_ret = 48;
	at->regs_ip = IP;
	at->regs_sp = SP;
	at->regs_bp = BP;
	at->regs_cs = CS;
	at->regs_r10 = R10;
	at->regs_r13 = R13;
	at->regs_di = DI;
	at->regs_dx = DX;
}

static void put_rules(void)
{
	static const struct fake_rule end = { 0 };

	for (guint i = 0; i < GENERATED; i++)
		fake_orc_entry(&f, IPS, ENTRIES, i, within(i) - 0x20, &rules[i]);
	fake_orc_entry(&f, IPS, ENTRIES, GENERATED, within(GENERATED) - 0x20, &end);
}

static void set_up(enum how how)
{
	fake_image_init(&f, fake_orc_btf(TRUE));
	for (guint i = 0; i < FUNCTIONS; i++)
		fake_symbol(&f, names[i], 't', within(i) - 0x20);
	if (how == BY_ORC)
		fake_orc_symbols(&f, IPS, ENTRIES, GENERATED + 1);
	/* per-CPU variables: offsets in an area */
	fake_symbol(&f, "current_task", 'd', 0x100);
	fake_symbol(&f, "hardirq_stack_ptr", 'd', 0x108);
	put_rules();
	set_up_layout(&f.g.at);
	f.g.frame_pointers = how == BY_FRAME_POINTERS;
	f.g.cpus = 1;
	f.g.percpu_offset[0] = PERCPU;
	unwinder = unwinder_new(&f.g);
	put64(TASK, STACK);
	task = (struct task_facts){ .address = TASK };
}

static void tear_down(void)
{
	unwinder_free(unwinder);
	fake_image_clear(&f);
}

/* The task sleeps, its innermost frame at @sp, in @function with the frame pointer @bp; returns the
 * stack pointer there. */
static guint64 asleep(guint64 sp, enum function function, guint64 bp)
{
	put64(TASK + 8, sp);
	put64(sp + 40, bp);
	put64(sp + 48, within(function));
	return sp + 56;
}

static gboolean running(guint64 rip, guint64 rsp, guint64 rbp, guint cpl)
{
	g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(struct vcpu_registers));
	struct vcpu_registers r = { .valid = TRUE, .cpl = cpl, .rip = rip, .rsp = rsp, .rbp = rbp };

	g_array_append_val(cpus, r);
	put64(PERCPU + 0x100, TASK);
	put64(PERCPU + 0x108, IRQ_TOP);
	unwinder_stopped(unwinder, cpus);
	task.on_cpu = TRUE;
	return unwind_task(unwinder, &task, &stack);
}

/* Frames of @text, "called entry ? framed", innermost first. */
static void check(const char *text)
{
	g_autoptr(GString) got = g_string_new(NULL);

	for (guint i = 0; i < task.frames; i++)
		g_string_append_printf(got, "%s%s%s", i ? " " : "", task.stack[i].guess ? "? " : "",
				       task.stack[i].function);
	g_assert_cmpstr(got->str, ==, text);
}

static void put_regs(guint64 regs, enum function function, guint64 sp, guint64 bp, guint cs)
{
	put64(regs + IP, within(function));
	put64(regs + CS, cs);
	put64(regs + SP, sp);
	put64(regs + BP, bp);
}

/* A kernel thread: calls with and without a frame pointer, down to where it began. */
static void test_orc_thread(void)
{
	guint64 sp;

	set_up(BY_ORC);
	sp = asleep(TOP - 0x400, CALLED, TOP - 0x100);
	put64(sp + 16, within(FRAMED));
	put64(TOP - 0x100, 0);
	put64(TOP - 0x100 + 8, within(FORK));
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("called framed ret_from_fork_asm");
	g_assert_cmpuint(task.stack[0].offset, ==, 0x20);
	g_assert_cmphex(task.stack[1].address, ==, within(FRAMED));
	g_assert_cmphex(stack.sp, ==, TOP - 0x400);
	tear_down();
}

/* A user task in a system call: its frames end where it entered the kernel. */
static void test_orc_user(void)
{
	guint64 sp;

	set_up(BY_ORC);
	sp = asleep(TOP - 0x400, CALLED, 0);
	put64(sp + 16, within(ENTRY));
	put_regs(sp + 24, CALLED, 0x7fff0000, 0, USER_CS);
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("called entry");
	tear_down();
}

/* A task that has never run stands on the first instruction of its first function. */
static void test_orc_new_task(void)
{
	set_up(BY_ORC);
	asleep(TOP - 0x400, FORK, 0);
	put64(TOP - 0x400 + 48, within(FORK) - 0x20);
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("ret_from_fork_asm");
	g_assert_cmpuint(task.stack[0].offset, ==, 0);
	tear_down();
}

/* An exception hit the kernel; a frame pointer and r10 come from the saved registers. */
static void test_orc_exception(void)
{
	guint64 sp;

	set_up(BY_ORC);
	sp = asleep(TOP - 0x800, CALLED, 0xdead);
	put64(sp + 16, within(ENTRY));
	put_regs(sp + 24, REALIGNED, TOP - 0x300, TOP - 0x100, KERNEL_CS);
	put64(sp + 24 + R10, TOP - 0x200);
	put64(TOP - 0x208, within(FRAMED));
	put64(TOP - 0x100, 0);
	put64(TOP - 0x100 + 8, within(FORK));
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("called entry realigned framed ret_from_fork_asm");
	tear_down();
}

/* The registers that the CPU pushed, no others: those of the frame before still count. */
static void test_orc_partial(void)
{
	guint64 sp;

	set_up(BY_ORC);
	sp = asleep(TOP - 0x800, INTERRUPTED, 0);
	put64(sp, within(EXIT));
	put64(sp + 8, within(INTERRUPTED) - 0x20); /* interrupted at its first instruction */
	put64(sp + 16, KERNEL_CS);
	put64(sp + 8 + SP - IP, TOP - 0x100);
	put64(TOP - 0x100, within(FORK));
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("interrupted exit interrupted ret_from_fork_asm");
	g_assert_cmpuint(task.stack[2].offset, ==, 0);
	tear_down();
}

/* Running on the interrupt stack: it leads back to the task's own. */
static void test_orc_interrupt_stack(void)
{
	set_up(BY_ORC);
	put64(IRQ_TOP - 8, within(SWITCHED));
	put64(IRQ_TOP, TOP - 0x300);
	put64(TOP - 0x300, within(ENTRY));
	put_regs(TOP - 0x2f8, CALLED, TOP - 0x100, 0, KERNEL_CS);
	put64(TOP - 0x100 + 16, within(FORK));
	g_assert_true(running(within(CALLED), IRQ_TOP - 24, 0, 0));
	check("called switched entry called ret_from_fork_asm");
	tear_down();
}

static void test_running(void)
{
	set_up(BY_ORC);
	put64(TOP - 0x100 + 16, within(FORK));
	g_assert_true(running(within(CALLED), TOP - 0x100, 0, 0));
	check("called ret_from_fork_asm");

	/* User code; a CPU that runs another task; one whose registers are not known. */
	task.frames = 0;
	g_assert_false(running(0x400000, 0x7fff0000, 0, 3));
	put64(PERCPU + 0x100, TASK + 0x1000);
	unwinder_stopped(unwinder, NULL);
	g_assert_false(unwind_task(unwinder, &task, &stack));
	check("");

	/* A stack that is nobody's. */
	g_assert_true(running(within(CALLED), PERCPU, 0, 0));
	check("called");
	tear_down();
}

static void test_orc_lost(void)
{
	guint64 sp;

	/* Nothing is known of a caller: what lies above it is guessed. */
	set_up(BY_ORC);
	sp = asleep(TOP - 0x400, CALLED, 0);
	put64(sp + 16, within(UNKNOWN));
	put64(TOP - 0x80, within(FRAMED));
	put64(TOP - 0x78, IMAGE + 0x90000); /* data */
	put64(TOP - 0x70, within(FORK));
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("called unknown ? framed ? ret_from_fork_asm");
	tear_down();

	/* Code without a rule is taken to have a frame pointer, and not believed. */
	set_up(BY_ORC);
	asleep(TOP - 0x400, GENERATED, TOP - 0x100);
	put64(TOP - 0x100, 0);
	put64(TOP - 0x100 + 8, within(FORK));
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("bpf_prog ? ret_from_fork_asm");
	tear_down();

	/* A caller that is no code. */
	set_up(BY_ORC);
	sp = asleep(TOP - 0x400, CALLED, 0);
	put64(sp + 16, 0x1234);
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("called");
	tear_down();
}

/* A frame that is its own caller, and registers that lead back down. */
static void test_orc_loops(void)
{
	guint64 sp;

	set_up(BY_ORC);
	sp = asleep(TOP - 0x400, STUCK, 0);
	put64(sp - 8, within(STUCK));
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("stuck");
	tear_down();

	set_up(BY_ORC);
	sp = asleep(TOP - 0x400, INTERRUPTED, 0);
	put64(sp, within(ENTRY));
	put_regs(sp + 8, INTERRUPTED, sp, 0, KERNEL_CS);
	g_assert_true(unwind_task(unwinder, &task, &stack));
	g_assert_cmpuint(task.frames, >=, 2);
	g_assert_cmpuint(task.frames, <, 6);
	g_assert_false(task.stack[1].guess);
	tear_down();
}

/* Deeper than we keep: the innermost frames. */
static void test_deep(void)
{
	guint64 sp;

	set_up(BY_ORC);
	sp = asleep(TOP - 0x1000, INTERRUPTED, 0);
	for (guint i = 0; i < 2 * STACK_FRAMES_MAX; i++)
		put64(sp + i * 8, within(INTERRUPTED));
	g_assert_true(unwind_task(unwinder, &task, &stack));
	g_assert_cmpuint(task.frames, ==, STACK_FRAMES_MAX);
	g_assert_false(task.stack[STACK_FRAMES_MAX - 1].guess);
	tear_down();
}

static void test_frame_pointers(void)
{
	set_up(BY_FRAME_POINTERS);
	asleep(TOP - 0x400, CALLED, TOP - 0x300);
	put64(TOP - 0x300, TOP - 0x280);
	put64(TOP - 0x300 + 8, within(FRAMED));
	put64(TOP - 0x280, (TOP - 0x270) | 1); /* registers, not a frame */
	put64(TOP - 0x280 + 8, within(ENTRY));
	put_regs(TOP - 0x270, INTERRUPTED, TOP - 0x180, TOP - 0x100, KERNEL_CS);
	put64(TOP - 0x100, 0); /* entry code cleared it */
	put64(TOP - 0x100 + 8, within(EXIT));
	put64(TOP - 0x20, within(STUCK)); /* beyond the end */
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("called framed entry interrupted exit");

	/* The empty registers at the top of a kernel thread's stack. */
	put64(TOP - 0x100, (TOP - 168) | 1);
	put_regs(TOP - 168, 0, 0, 0, 0);
	put64(TOP - 168 + IP, 0);
	task.frames = 0;
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("called framed entry interrupted exit");
	tear_down();
}

static void test_frame_pointers_running(void)
{
	set_up(BY_FRAME_POINTERS);
	/* A leaf without a frame was called by code that has one. */
	put64(TOP - 0x400, within(CALLED));
	put64(TOP - 0x300, 0);
	put64(TOP - 0x300 + 8, within(FRAMED));
	g_assert_true(running(within(INTERRUPTED), TOP - 0x400, TOP - 0x300, 0));
	check("interrupted ? called framed");

	/* From the interrupt stack to the task's, never back. */
	task.frames = 0;
	put64(IRQ_TOP - 0x100, TOP - 0x300);
	put64(IRQ_TOP - 0x100 + 8, within(SWITCHED));
	put64(TOP - 0x300, IRQ_TOP - 0x80);
	g_assert_true(running(within(INTERRUPTED), IRQ_TOP - 0x200, IRQ_TOP - 0x100, 0));
	check("interrupted switched framed");
	tear_down();
}

static void test_frame_pointers_lost(void)
{
	static const guint64 bad[] = { TOP - 0x300, TOP - 0x380, TOP, TOP - 8, TOP - 0x2ff,
				       STACK,	    0xdead,	 1,   ~0ull,   TOP - 0x2fc };

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		set_up(BY_FRAME_POINTERS);
		asleep(TOP - 0x400, CALLED, TOP - 0x300);
		put64(TOP - 0x300, bad[i]);
		put64(TOP - 0x300 + 8, within(FRAMED));
		put64(TOP - 0x40, within(ENTRY));
		g_assert_true(unwind_task(unwinder, &task, &stack));
		check("called framed ? entry");
		tear_down();
	}
}

static void test_by_nothing(void)
{
	set_up(BY_NOTHING);
	asleep(TOP - 0x400, CALLED, TOP - 0x300);
	put64(TOP - 0x40, within(ENTRY));
	g_assert_true(unwind_task(unwinder, &task, &stack));
	check("called ? entry");
	tear_down();
}

/* Stacks that are gone, or not where the task says. */
static void test_no_stack(void)
{
	static const guint64 sps[] = { STACK - 8, TOP, TOP - 4, TOP - 8, 0, ~0ull };

	set_up(BY_ORC);
	for (guint i = 0; i < G_N_ELEMENTS(sps); i++) {
		put64(TASK + 8, sps[i]);
		g_assert_false(unwind_task(unwinder, &task, &stack));
	}
	put64(TASK + 8, TOP - 0x100);
	put64(TASK, 0x7fff0000);
	g_assert_false(unwind_task(unwinder, &task, &stack));
	put64(TASK, IMAGE + FAKE_RAM_BYTES - STACK_BYTES / 2);
	put64(TASK + 8, IMAGE + FAKE_RAM_BYTES - STACK_BYTES / 2 + 8);
	g_assert_false(unwind_task(unwinder, &task, &stack));
	task.address = IMAGE + FAKE_RAM_BYTES - 4;
	g_assert_false(unwind_task(unwinder, &task, &stack));
	tear_down();
}

/* A word as a stack has them: code, a place on a stack, registers, anything. */
static guint64 random_word(GRand *random)
{
	guint32 n = g_rand_int(random);

	switch (n & 3) {
	case 0:
		return IMAGE + 0x10000 + (n >> 8) % (FUNCTIONS * 0x100);
	case 1:
		return STACK + (n >> 8) % STACK_BYTES;
	case 2:
		return (IRQ + (n >> 8) % STACK_BYTES) & ~7ull;
	default:
		return n & 4 ? KERNEL_CS : n * 0x100000001ull;
	}
}

/* Whatever lies on the stacks: an end, and no more frames than fit. */
static void test_random(void)
{
	GRand *random = g_rand_new_with_seed(5);

	for (guint round = 0; round < 3000; round++) {
		guint64 from = TOP - 0x1000;

		set_up(round % 3);
		for (guint i = 0; i < 0x200; i++) {
			put64(from + i * 8, random_word(random));
			put64(IRQ_TOP - i * 8, random_word(random));
		}
		if (round & 4) {
			running(random_word(random), random_word(random), random_word(random), 0);
		} else {
			put64(TASK + 8, from + (g_rand_int(random) % 0x1000 & ~7u));
			unwind_task(unwinder, &task, &stack);
		}
		g_assert_cmpuint(task.frames, <=, STACK_FRAMES_MAX);
		tear_down();
	}
	g_rand_free(random);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unwind/orc/thread", test_orc_thread);
	g_test_add_func("/unwind/orc/user", test_orc_user);
	g_test_add_func("/unwind/orc/new-task", test_orc_new_task);
	g_test_add_func("/unwind/orc/exception", test_orc_exception);
	g_test_add_func("/unwind/orc/partial", test_orc_partial);
	g_test_add_func("/unwind/orc/interrupt-stack", test_orc_interrupt_stack);
	g_test_add_func("/unwind/orc/lost", test_orc_lost);
	g_test_add_func("/unwind/orc/loops", test_orc_loops);
	g_test_add_func("/unwind/running", test_running);
	g_test_add_func("/unwind/deep", test_deep);
	g_test_add_func("/unwind/frame-pointers", test_frame_pointers);
	g_test_add_func("/unwind/frame-pointers/running", test_frame_pointers_running);
	g_test_add_func("/unwind/frame-pointers/lost", test_frame_pointers_lost);
	g_test_add_func("/unwind/by-nothing", test_by_nothing);
	g_test_add_func("/unwind/no-stack", test_no_stack);
	g_test_add_func("/unwind/random", test_random);
	return g_test_run();
}
