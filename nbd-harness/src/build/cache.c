// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache: see cache.h for the life of an entry.
 *
 *   <cache>/<kind>/<key>/        complete entries
 *   <cache>/<kind>/<key>.work/   being made, by the holder of the lock
 *   <cache>/locks/<name>         empty files that carry flock(2) locks
 *
 * Lock files stay for ever: removing one while another process waits on it
 * would let two makers in.
 */
#include "build/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/progress.h"

#define KEY_HEX_DIGITS 24
#define FTW_OPEN_FILES 32

static char *choose_cache_dir(void)
{
	const char *override = g_getenv("NETSWAP_CACHE");

	if (override && *override)
		return g_canonicalize_filename(override, NULL);
	return g_build_filename(g_get_user_cache_dir(), "netswap", NULL);
}

const char *netswap_cache_dir(void)
{
	static char *dir;

	if (g_once_init_enter(&dir)) {
		char *chosen = choose_cache_dir();

		if (g_mkdir_with_parents(chosen, 0755) < 0) {
			g_printerr(
				"netswap: cannot create the cache folder %s: %s; set NETSWAP_CACHE "
				"to a folder that can be written\n",
				chosen, g_strerror(errno));
			exit(NETSWAP_EXIT_INFRA);
		}
		g_once_init_leave(&dir, chosen);
	}
	return dir;
}

struct cache_key {
	GChecksum *sum;
};

struct cache_key *cache_key_new(void)
{
	struct cache_key *k = g_new0(struct cache_key, 1);

	k->sum = g_checksum_new(G_CHECKSUM_SHA256);
	return k;
}

/* Lengths go in too, so that no two lists of inputs look alike. */
static void key_bytes(struct cache_key *k, const char *label, const char *data, gsize bytes)
{
	g_autofree char *head = g_strdup_printf("%s %zu\n", label, bytes);

	g_checksum_update(k->sum, (const guchar *)head, strlen(head));
	g_checksum_update(k->sum, (const guchar *)data, bytes);
}

void cache_key_text(struct cache_key *k, const char *label, const char *text)
{
	key_bytes(k, label, text, strlen(text));
}

gboolean cache_key_file(struct cache_key *k, const char *label, const char *path, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofree char *data = NULL;
	gsize bytes;

	if (!g_file_get_contents(path, &data, &bytes, &cause)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot read %s: %s", path,
			    cause->message);
		return FALSE;
	}
	key_bytes(k, label, data, bytes);
	return TRUE;
}

char *cache_key_end(struct cache_key *k)
{
	char *key = g_strndup(g_checksum_get_string(k->sum), KEY_HEX_DIGITS);

	g_checksum_free(k->sum);
	g_free(k);
	return key;
}

static gboolean make_dir(const char *path, GError **error)
{
	if (g_mkdir_with_parents(path, 0755) == 0)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot create the folder %s: %s",
		    path, g_strerror(errno));
	return FALSE;
}

int cache_lock(const char *name, const char *what, GError **error)
{
	g_autofree char *dir = g_build_filename(netswap_cache_dir(), "locks", NULL);
	g_autofree char *path = g_build_filename(dir, name, NULL);
	int fd, ret;

	if (!make_dir(dir, error))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot open the lock %s: %s", path, g_strerror(errno));
		return -1;
	}
	ret = flock(fd, LOCK_EX | LOCK_NB);
	if (ret < 0 && errno == EWOULDBLOCK) {
		progress_note("%s: waiting for another netswap that is making it", what);
		do
			ret = flock(fd, LOCK_EX);
		while (ret < 0 && errno == EINTR);
	}
	if (ret < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot lock %s: %s", path,
			    g_strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* Called with the entry's lock held. */
static gboolean begin_work(struct cache_entry *e, GError **error)
{
	g_autofree char *work = g_strconcat(e->path, CACHE_WORK_SUFFIX, NULL);

	if (!cache_remove_tree(work, error) || !make_dir(work, error))
		return FALSE;
	e->work = g_steal_pointer(&work);
	return TRUE;
}

struct cache_entry *cache_begin(const char *kind, const char *key, const char *what, GError **error)
{
	SCOPED(cache_entry) e = g_new0(struct cache_entry, 1);
	g_autofree char *lock = g_strdup_printf("%s-%s", kind, key);

	e->lock_fd = -1;
	e->path = g_build_filename(netswap_cache_dir(), kind, key, NULL);
	if (g_file_test(e->path, G_FILE_TEST_IS_DIR))
		return g_steal_pointer(&e);

	e->lock_fd = cache_lock(lock, what, error);
	if (e->lock_fd < 0)
		return NULL;
	if (g_file_test(e->path, G_FILE_TEST_IS_DIR)) /* made while we waited */
		return g_steal_pointer(&e);
	if (!begin_work(e, error))
		return NULL;
	return g_steal_pointer(&e);
}

gboolean cache_commit(struct cache_entry *e, GError **error)
{
	if (rename(e->work, e->path) < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot rename %s to %s: %s",
			    e->work, e->path, g_strerror(errno));
		return FALSE;
	}
	g_clear_pointer(&e->work, g_free);
	return TRUE;
}

void cache_entry_free(struct cache_entry *e)
{
	if (!e)
		return;
	if (e->work)
		cache_remove_tree(e->work, NULL);
	if (e->lock_fd >= 0)
		close(e->lock_fd);
	g_free(e->work);
	g_free(e->path);
	g_free(e);
}

gboolean cache_has_room(guint64 need_bytes, const char *what, GError **error)
{
	const char *dir = netswap_cache_dir();
	g_autofree char *need = g_format_size(need_bytes);
	g_autofree char *have = NULL;
	struct statvfs fs;
	guint64 have_bytes;

	if (statvfs(dir, &fs) < 0) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot ask for the free space of %s: %s", dir, g_strerror(errno));
		return FALSE;
	}
	have_bytes = (guint64)fs.f_bavail * fs.f_frsize;
	if (have_bytes >= need_bytes)
		return TRUE;
	have = g_format_size(have_bytes);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "not enough disk for %s: %s has %s free and needs %s; free some, or set "
		    "NETSWAP_CACHE to another folder",
		    what, dir, have, need);
	return FALSE;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

gboolean cache_remove_tree(const char *path, GError **error)
{
	if (nftw(path, remove_one, FTW_OPEN_FILES, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot remove %s: %s", path,
		    g_strerror(errno));
	return FALSE;
}
