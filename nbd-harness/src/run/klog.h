/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's console as evidence: follows the file that QEMU writes and tells
 * which lines mean something.  Pure but for reading the file.
 */
#ifndef NETSWAP_RUN_KLOG_H
#define NETSWAP_RUN_KLOG_H

#include <glib.h>

#include "judge/facts.h"

struct klog_mark {
	const char *name;  /* "oops", "io-error", "hung-task", ... */
	gboolean evidence; /* the line alone is evidence for: */
	enum verdict verdict;
};

/* What @line means, or NULL. */
const struct klog_mark *klog_classify(const char *line);

/* Why @mark, found in @line, is evidence: the line itself, unless it needs explaining. */
const char *klog_reason(const struct klog_mark *mark, const char *line);

struct klog;
typedef void (*klog_fn)(const struct klog_mark *mark, const char *line, gpointer data);

struct klog *klog_new(int fd); /* not owned; must be readable */
/* Read what is new and report marked lines. */
void klog_poll(struct klog *c, klog_fn fn, gpointer data);
void klog_free(struct klog *c);

#endif
