/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cache of things that take long to make (kernels, images, packages).
 *
 * An entry is a folder <cache>/<kind>/<key>/, complete or absent:
 *
 *   cache_begin() -- entry exists ---------------------------> work == NULL, use path
 *        |
 *        +-- absent: takes the key's lock (waits for another process that is
 *            making the same entry, and says so), looks again, and makes an
 *            empty work folder --> fill it --> cache_commit() renames it into place
 *
 * An interrupted maker leaves only its work folder, which the next one clears;
 * the lock is flock(2), so it never outlives its process.
 */
#ifndef NETSWAP_BUILD_CACHE_H
#define NETSWAP_BUILD_CACHE_H

#include <glib.h>

#include "base/scope.h"

/* $NETSWAP_CACHE, $XDG_CACHE_HOME/netswap or ~/.cache/netswap; absolute, created.
 * Static; exits with NETSWAP_EXIT_INFRA and one sentence if it cannot be made. */
const char *netswap_cache_dir(void);

/* A hash over labelled inputs; equal inputs in equal order give equal keys. */
struct cache_key;
struct cache_key *cache_key_new(void);
void cache_key_text(struct cache_key *k, const char *label, const char *text);
/* Adds the file's contents (not its path or times). */
gboolean cache_key_file(struct cache_key *k, const char *label, const char *path, GError **error);
/* The key, 24 hex digits; caller frees.  Frees @k. */
char *cache_key_end(struct cache_key *k);

struct cache_entry {
	char *path; /* of the complete entry */
	char *work; /* folder to fill, on the same file system; NULL: the entry is complete */
	int lock_fd;
};

#define CACHE_WORK_SUFFIX ".work"

/* @what is for messages: "kernel 6.12 stock".  Caller frees. */
struct cache_entry *cache_begin(const char *kind, const char *key, const char *what,
				GError **error);
/* The work folder becomes the entry; work is NULL afterwards. */
gboolean cache_commit(struct cache_entry *e, GError **error);
/* Unlocks; removes a work folder that was not committed.  NULL is fine. */
void cache_entry_free(struct cache_entry *e);
DEFINE_SCOPED(cache_entry, cache_entry_free)

/* An exclusive lock called @name on a shared part of the cache (e.g. the kernel
 * work trees); waits, saying so with @what.  close(2) releases it.  -1: error. */
int cache_lock(const char *name, const char *what, GError **error);

/* The file system of the cache has @need_bytes free, or an error naming folder, need and have. */
gboolean cache_has_room(guint64 need_bytes, const char *what, GError **error);

/* Remove @path and all below it, without following links; missing is fine. */
gboolean cache_remove_tree(const char *path, GError **error);

#endif
