/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest of a run under way, for another process to read: live.json in the
 * run directory names the harness and its descriptors of guest RAM and board,
 * which whoever may look into that process (the same user, root) can map.
 */
#ifndef NETSWAP_RUN_LIVE_H
#define NETSWAP_RUN_LIVE_H

#include "run/open.h"
#include "run/record.h"

#define LIVE_FILE "live.json"

/* Say where the guest @from of this process is; @board_fd: of its board. */
gboolean live_write(const struct record *r, const struct open_source *from, int board_fd,
		    GError **error);

/* Is the run in @dir under way, with its guest opened? */
gboolean live_is_under_way(const char *dir);

/* It is gone: the run is over. */
void live_remove(const struct record *r);

/*
 * Open the guest of the run in directory @where, or of the harness whose pid is
 * @where.  It runs on while it is read.  *dir (caller frees) gets the directory.
 * Errors: NETSWAP_ERROR_USAGE when no run is under way there.
 */
struct guest *live_open(const char *where, char **dir, GError **error);

#endif
