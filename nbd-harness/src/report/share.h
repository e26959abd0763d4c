/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run as an archive that can be given away.
 *
 *	record --scrub--> copy --report_write()--> reports anew --tar, zstd--> archive
 *
 * Only files that are known to hold no guest memory go in; the vmcore does only
 * when it is asked for.  What the host is called and where its folders are is
 * taken out (report/scrub.h).  `netswap report` and `inspect` read the copy.
 */
#ifndef NETSWAP_REPORT_SHARE_H
#define NETSWAP_REPORT_SHARE_H

#include <glib.h>

struct share {
	guint files;	    /* in the archive */
	GPtrArray *omitted; /* of char *: names of those of the run that are not in it */
};

/*
 * Write the run in @dir to @archive (.tar.zst), which must not exist yet.
 * *share is cleared by the caller with share_clear(), also on failure.
 */
gboolean share_run(const char *dir, const char *archive, gboolean with_vmcore, struct share *share,
		   GError **error);
void share_clear(struct share *share);

#endif
