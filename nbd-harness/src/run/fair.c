// SPDX-License-Identifier: GPL-2.0-only
#include "run/fair.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_MAX_US 250000 /* samples come every 100 ms */

struct thread {
	int schedstat_fd; /* kept open: opening it anew each time is most of what a sample costs */
	gint64 cpu_ns, delay_ns;
	guint round;
};

static void thread_free(gpointer data)
{
	struct thread *t = data;

	close(t->schedstat_fd);
	g_free(t);
}

struct fair {
	gint64 start_us, last_us, fair_us;
	GHashTable *threads; /* tid -> struct thread */
	guint round;
};

struct fair *fair_new(void)
{
	struct fair *f = g_new0(struct fair, 1);

	f->start_us = f->last_us = g_get_monotonic_time();
	f->threads = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, thread_free);
	return f;
}

void fair_free(struct fair *f)
{
	if (!f)
		return;
	g_hash_table_unref(f->threads);
	g_free(f);
}

static int open_proc(pid_t pid, const char *tid, const char *file)
{
	char path[80];

	g_snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", pid, tid, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* All of a small file of proc's, as it is now.  FALSE: the thread has ended. */
static gboolean read_now(int fd, char *to, gsize bytes)
{
	gssize n = pread(fd, to, bytes - 1, 0);

	to[MAX(n, 0)] = '\0';
	return n > 0;
}

/* The state letter of /proc/.../stat: behind the last parenthesis, since comm may hold anything. */
static char thread_state(pid_t pid, const char *tid)
{
	char stat[512] = "", *end;
	int fd = open_proc(pid, tid, "stat");

	if (fd >= 0) {
		read_now(fd, stat, sizeof(stat));
		close(fd);
	}
	end = strrchr(stat, ')');
	return end && end[1] == ' ' ? end[2] : '?';
}

/* The thread of key @tid, known already or not; NULL: it has ended. */
static struct thread *thread_at(struct fair *f, pid_t pid, const char *tid, gpointer key)
{
	struct thread *t = g_hash_table_lookup(f->threads, key);
	int fd;

	if (t)
		return t;
	fd = open_proc(pid, tid, "schedstat");
	if (fd < 0)
		return NULL;
	t = g_new0(struct thread, 1);
	t->schedstat_fd = fd;
	g_hash_table_insert(f->threads, key, t);
	return t;
}

struct group {
	gint64 cpu_us;		  /* since the threads began */
	gint64 ran_us, waited_us; /* in this interval */
	guint threads;
	gboolean stopped;
};

static void see_thread(struct fair *f, pid_t pid, const char *tid, gint64 interval_us,
		       struct group *group)
{
	gpointer key = GINT_TO_POINTER((int)g_ascii_strtoll(tid, NULL, 10));
	struct thread *t = thread_at(f, pid, tid, key);
	char text[96];
	gint64 cpu_ns, delay_ns, ran_us = 0, waited_us = 0;

	if (!t)
		return;
	if (!read_now(t->schedstat_fd, text, sizeof(text)) ||
	    sscanf(text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &cpu_ns, &delay_ns) != 2) {
		/* If another thread has that number now, it is met anew next time. */
		g_hash_table_remove(f->threads, key);
		return;
	}
	group->threads++;
	group->cpu_us += cpu_ns / 1000;
	if (t->round) { /* not the first look at it */
		ran_us = (cpu_ns - t->cpu_ns) / 1000;
		waited_us = (delay_ns - t->delay_ns) / 1000;
	}
	t->cpu_ns = cpu_ns;
	t->delay_ns = delay_ns;
	t->round = f->round;
	/* It did not run: because it had nothing to do, or because it was not let? */
	if (ran_us == 0) {
		char state = thread_state(pid, tid);

		group->stopped |= state == 'T' || state == 't';
		if (state == 'R' || state == 'T' || state == 't')
			waited_us = interval_us;
	}
	group->ran_us += ran_us;
	group->waited_us += waited_us;
}

static void see_group(struct fair *f, const GArray *pids, gint64 interval_us, struct group *group)
{
	for (guint i = 0; pids && i < pids->len; i++) {
		pid_t pid = g_array_index(pids, pid_t, i);
		char path[40];

		g_snprintf(path, sizeof(path), "/proc/%d/task", pid);
		g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

		for (const char *tid; dir && (tid = g_dir_read_name(dir));)
			see_thread(f, pid, tid, interval_us, group);
	}
}

static gint64 lost_us(const struct group *a, const struct group *b, gint64 interval_us)
{
	gint64 waited_us = a->waited_us + b->waited_us, ran_us = a->ran_us + b->ran_us;

	if (waited_us <= 0)
		return 0;
	return MIN(waited_us, interval_us * waited_us / (waited_us + ran_us));
}

static gboolean is_gone(gpointer tid, gpointer thread, gpointer fair)
{
	return ((struct thread *)thread)->round != ((struct fair *)fair)->round;
}

void fair_read(struct fair *f, const GArray *first, const GArray *second, gboolean vm_running,
	       gboolean second_held, struct fair_reading *r)
{
	gint64 now_us = g_get_monotonic_time(), interval_us = now_us - f->last_us;
	struct group a = { 0 }, b = { 0 };

	f->round++;
	f->last_us = now_us;

	see_group(f, first, interval_us, &a);
	see_group(f, second, interval_us, &b);
	if (second_held)
		b.waited_us = 0;
	if (vm_running)
		f->fair_us += CLAMP(interval_us - lost_us(&a, &b, interval_us), 0, INTERVAL_MAX_US);
	g_hash_table_foreach_remove(f->threads, is_gone, f);

	r->host_us = now_us - f->start_us;
	r->fair_us = f->fair_us;
	r->first_cpu_us = a.cpu_us;
	r->second_cpu_us = b.cpu_us;
	r->first_threads = a.threads;
	r->second_threads = b.threads;
	r->second_stopped = b.stopped;
}
