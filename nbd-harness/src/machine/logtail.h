/* SPDX-License-Identifier: GPL-2.0-only */
/* The last words of a program that failed, read from the log it wrote to. */
#ifndef NETSWAP_MACHINE_LOGTAIL_H
#define NETSWAP_MACHINE_LOGTAIL_H

#include <glib.h>
#include <sys/types.h>

/* Where the log @fd ends now; 0 when it is no file. */
off_t log_end(int fd);
/* The last line that is not empty among those written after @from, without its
 * newline; NULL when there is none or @fd is no file.  Caller frees. */
char *log_last_line(int fd, off_t from);

#endif
