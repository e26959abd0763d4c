/* SPDX-License-Identifier: GPL-2.0-only */
/* A stack frame as text, one way everywhere: "function+0x12", after "? " if it is a guess (as in
 * the kernel's own traces), or the bare address where no function is known. */
#ifndef NETSWAP_JUDGE_STACK_H
#define NETSWAP_JUDGE_STACK_H

#include "judge/facts.h"

/* Caller frees. */
char *stack_frame_text(const struct stack_frame *f);

/* The frame of such a text, with @address (which the text has only without a function). */
struct stack_frame stack_frame_parse(const char *text, guint64 address);

#endif
