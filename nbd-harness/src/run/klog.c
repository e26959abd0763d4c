// SPDX-License-Identifier: GPL-2.0-only
#include "run/klog.h"

#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

/*
 * The first entry that occurs in a line wins.  Soft lockups and RCU stalls are
 * not evidence: on a busy host an emulated guest reports them innocently.
 */
static const struct {
	const char *text;
	struct klog_mark mark;
} marks[] = {
	{ "soft lockup", { "soft-lockup", FALSE, VERDICT_PASS } },
	{ "workqueue lockup", { "workqueue-lockup", FALSE, VERDICT_PASS } },
	{ "detected stalls on CPUs", { "rcu-stall", FALSE, VERDICT_PASS } },
	{ "self-detected stall", { "rcu-stall", FALSE, VERDICT_PASS } },
	{ "blocked for more than", { "hung-task", FALSE, VERDICT_PASS } },
	{ "page allocation failure", { "allocation-failure", FALSE, VERDICT_PASS } },
	{ "Kernel panic - not syncing: Out of memory", { "oom-panic", TRUE, VERDICT_OOM } },
	{ "Kernel panic - not syncing: System is deadlocked on memory",
	  { "oom-panic", TRUE, VERDICT_OOM } },
	{ "Out of memory: Killed process", { "oom-kill", FALSE, VERDICT_PASS } },
	{ "Kernel panic - not syncing", { "panic", TRUE, VERDICT_CRASH } },
	{ "BUG: ", { "bug", TRUE, VERDICT_CRASH } },
	{ "kernel BUG at", { "bug", TRUE, VERDICT_CRASH } },
	{ "Oops: int3", { "int3", FALSE, VERDICT_PASS } }, /* its "Code:" line decides */
	{ "Oops: ", { "oops", TRUE, VERDICT_CRASH } },
	{ "general protection fault", { "oops", TRUE, VERDICT_CRASH } },
	{ "list_add corruption", { "list-corruption", TRUE, VERDICT_CRASH } },
	{ "list_del corruption", { "list-corruption", TRUE, VERDICT_CRASH } },
	{ "WARNING: possible circular locking", { "lockdep", TRUE, VERDICT_CRASH } },
	{ "WARNING: possible recursive locking", { "lockdep", TRUE, VERDICT_CRASH } },
	{ "WARNING: inconsistent lock state", { "lockdep", TRUE, VERDICT_CRASH } },
	{ "Read-error on swap-device", { "io-error", TRUE, VERDICT_IO_ERROR } },
	{ "Write-error on swap-device", { "io-error", TRUE, VERDICT_IO_ERROR } },
	{ "I/O error, dev nbd", { "io-error", TRUE, VERDICT_IO_ERROR } },
	{ "Buffer I/O error on dev nbd", { "io-error", TRUE, VERDICT_IO_ERROR } },
};

const struct klog_mark *klog_classify(const char *line)
{
	for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
		if (strstr(line, marks[i].text))
			return &marks[i].mark;
	}
	return NULL;
}

/*
 * A kernel patches its code (static keys) through breakpoints, and waits for
 * every CPU before it takes them out.  QEMU 7.2's TCG was seen to run one on
 * both vCPUs when memory had it no longer: a stale translation.  The oops shows
 * the bytes; the address that it marks is the one after the int3.
 */
static const struct klog_mark real_int3 = { "oops", TRUE, VERDICT_CRASH };
static const struct klog_mark stale_int3 = { "stale-int3", TRUE, VERDICT_INFRA };

static const struct klog_mark *int3_mark(const char *code)
{
	const char *marked = strchr(code, '<');

	return marked && marked - code > 3 && !strstr(code, "cc <") ? &stale_int3 : &real_int3;
}

const char *klog_reason(const struct klog_mark *mark, const char *line)
{
	return mark == &stale_int3 ? "the emulator ran a breakpoint that memory held no longer (a "
				     "stale translation, see the oops on the console)"
				   : line;
}

struct klog {
	int fd;
	off_t offset;
	GString *line;
	gboolean int3; /* an oops for a breakpoint was seen, and no code yet */
};

struct klog *klog_new(int fd)
{
	struct klog *c = g_new0(struct klog, 1);

	c->fd = fd;
	c->line = g_string_new(NULL);
	return c;
}

void klog_free(struct klog *c)
{
	if (!c)
		return;
	g_string_free(c->line, TRUE);
	g_free(c);
}

static void take(struct klog *c, char byte, klog_fn fn, gpointer data)
{
	if (byte != '\n') {
		if (c->line->len < LINE_MAX_BYTES && (g_ascii_isprint(byte) || byte == '\t'))
			g_string_append_c(c->line, byte);
		return;
	}

	const struct klog_mark *mark = klog_classify(c->line->str);
	const char *code = c->int3 ? strstr(c->line->str, "Code: ") : NULL;

	c->int3 |= mark && !strcmp(mark->name, "int3");
	if (code) {
		c->int3 = FALSE;
		mark = int3_mark(code);
	}
	if (mark)
		fn(mark, c->line->str, data);
	g_string_truncate(c->line, 0);
}

void klog_poll(struct klog *c, klog_fn fn, gpointer data)
{
	char buffer[4096];
	gssize n;

	while ((n = pread(c->fd, buffer, sizeof(buffer), c->offset)) > 0) {
		c->offset += n;
		for (gssize i = 0; i < n; i++)
			take(c, buffer[i], fn, data);
	}
}
