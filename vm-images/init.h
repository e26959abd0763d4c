/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of PID 1 share. */
#ifndef NETSWAP_INIT_H
#define NETSWAP_INIT_H

#include "board_map.h"

extern struct board *board;

/* One kind of script line; the table is the head of verbs.c. */
struct verb {
	const char *name;
	const char *usage; /* its arguments */
	const char *help;
	/* Carry it out: 0, or -1 after fail().  @args is the rest of the line, consumed freely. */
	int (*run)(char *args);
};
extern const struct verb verbs[]; /* ends with name NULL */

/* Carry out one script line (modified in place); 0, or -1 after fail(). */
int carry_out(char *line);

/* The next line of the script into @line, for verbs that take more than one; 0 at its end. */
int script_next(char *line, size_t room);

/* Note why a line failed, with errno's text if errno is set; returns -1. */
int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *failure(void);

/* Cut the next word off *args (blanks separate); "" at the end. */
char *next_word(char **args);

void set_phase(enum board_phase phase);

/* Write @text to an existing file: 0, or -1 with errno. */
int write_file(const char *file, const char *text);

/* Verbs outside verbs.c: files.c, ifup.c, modprobe.c, swap.c, pressure.c, reconnect.c. */
int verb_write(char *args);
int verb_file(char *args);
int verb_mkdir(char *args);
int verb_link(char *args);
int verb_allocate(char *args);
int verb_mount(char *args);
int verb_remove(char *args);
int verb_ifup(char *args);
int verb_modprobe(char *args);
int verb_mkswap(char *args);
int verb_swapon(char *args);
int verb_swapon_again(char *args);
int verb_swapoff(char *args);
int verb_start(char *args);
int verb_press(char *args);
int verb_reconnect(char *args);
int verb_copy(char *args);
int verb_root(char *args);

/*
 * pressure.c: fork a process that has a slot, *slot: its pid, 0 in itself, or
 * -1 after fail().
 */
int pressure_fork(const char *name, uint32_t companion, struct board_slot **slot);

/* pressure.c: if @pid was a pressure process, note in its slot how it ended. */
void pressure_reaped(int pid, int status);

#endif
