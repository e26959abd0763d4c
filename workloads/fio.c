// SPDX-License-Identifier: GPL-2.0-only
/*
 * fio: Debian's fio with a job file, over a tmpfs that is larger than RAM.
 *
 * fio and its libraries lie on a read-only disk mounted on /fio; nothing of
 * them is in the initramfs, so they are called through their own dynamic
 * loader.  The scenario's keys reach the job file as environment variables,
 * which fio expands:
 *
 *	${JOBS}   jobs
 *	${SIZE}   bytes of each job: total_bytes / jobs
 *	${PASSES} passes
 *	${SEED}   seed
 *	${ORDER}  "write" or "randwrite"
 *
 * The job file names /shm as the directory of its files; JSON goes to the
 * initramfs and from there to the board.  fio's verification errors (EILSEQ)
 * are CORRUPT, every other error is FAILED.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

#define FIO_LOADER    "/fio/lib64/ld-linux-x86-64.so.2"
#define FIO_LIBRARIES "/fio/lib"
#define FIO_PROGRAM   "/fio/bin/fio"

static void export_number(const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	setenv(name, text, 1);
}

static void __attribute__((noreturn)) exec_fio(const struct workload *w, const char *output)
{
	char output_option[64];

	export_number("JOBS", w->jobs);
	export_number("SIZE", w->total_bytes / w->jobs);
	export_number("PASSES", w->passes);
	export_number("SEED", w->seed);
	setenv("ORDER", w->random_order ? "randwrite" : "write", 1);
	snprintf(output_option, sizeof(output_option), "--output=%s", output);
	execl(FIO_LOADER, FIO_LOADER, "--library-path", FIO_LIBRARIES, FIO_PROGRAM,
	      "--output-format=json", "--eta=never", output_option, w->job, (char *)NULL);
	_exit(workload_failed(w, "cannot execute " FIO_PROGRAM " (is the fio disk mounted?)"));
}

/* Bytes that the process read and wrote by system calls, if the kernel counts them. */
static uint64_t transferred_bytes(pid_t pid)
{
	unsigned long long in = 0, out = 0;
	char path[40];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/io", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "rchar: %llu wchar: %llu", &in, &out) != 2)
		in = out = 0;
	fclose(f);
	return in + out;
}

/* Wait for fio, passing its progress on; its wait status. */
static int watch(const struct workload *w, pid_t pid)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		uint64_t pages = transferred_bytes(pid) / WORKLOAD_PAGE_BYTES;

		if (pages > w->progress->pages_touched)
			w->progress->pages_touched = pages;
		nanosleep(&pause, NULL);
	}
	return status;
}

/* The first error number but 0 that a job of @output (fio's JSON) reports; 0 if none. */
static int job_error(const char *output)
{
	FILE *f = fopen(output, "re");
	char line[256];
	int error = 0;

	while (f && !error && fgets(line, sizeof(line), f))
		sscanf(line, " \"error\" : %d", &error);
	if (f)
		fclose(f);
	return error;
}

static int verdict(const struct workload *w, int status, int error)
{
	if (error == EILSEQ) {
		w->progress->pages_corrupt++;
		return WORKLOAD_CORRUPT;
	}
	errno = 0;
	if (WIFSIGNALED(status))
		return workload_failed(w, "fio was killed by signal %d", WTERMSIG(status));
	if (status || error)
		return workload_failed(w, "fio ended with status %d and error %d (%s)",
				       WEXITSTATUS(status), error, strerror(error));
	w->progress->pass = w->passes;
	return WORKLOAD_PASSED;
}

int run_fio(struct workload *w)
{
	char output[40];
	int status;
	pid_t pid;

	if (!w->job || !w->result || !w->jobs)
		return workload_failed(w, "it needs job=, jobs= and result=");
	snprintf(output, sizeof(output), "/fio-%u.json", w->slot);
	w->progress->pages_total = w->total_bytes / WORKLOAD_PAGE_BYTES;
	workload_wait_for_start(w);
	pid = fork();
	if (pid < 0)
		return workload_failed(w, "cannot fork");
	if (!pid)
		exec_fio(w, output);
	status = watch(w, pid);
	if (board_publish(w->board, w->result, output))
		return workload_failed(w, "cannot hand over fio's result");
	return verdict(w, status, job_error(output));
}
