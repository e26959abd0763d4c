// SPDX-License-Identifier: GPL-2.0-only
#include "run/live.h"

#include <board.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "run/conclude.h"

#define MEMFD_LINK "/memfd:netswap-" /* what /proc says of our memfds */

gboolean live_write(const struct record *r, const struct open_source *from, int board_fd,
		    GError **error)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	json_add_int(b, "pid", getpid());
	json_add_int(b, "ram_fd", from->ram_fd);
	json_add_int(b, "board_fd", board_fd);
	json_add_int(b, "memory_bytes", from->memory_bytes);
	json_add_int(b, "cpus", from->cpus);
	json_add_string(b, "vmlinux", from->vmlinux);
	json_builder_end_object(b);
	return record_json(r, LIVE_FILE, b, error);
}

void live_remove(const struct record *r)
{
	g_autofree char *path = record_path(r, LIVE_FILE);

	unlink(path);
}

/* The run directory of the harness @pid: where the file lies that it writes samples to. */
static char *dir_of_harness(const char *pid)
{
	g_autofree char *fds = g_build_filename("/proc", pid, "fd", NULL);
	g_autoptr(GDir) folder = g_dir_open(fds, 0, NULL);
	const char *name;

	while (folder && (name = g_dir_read_name(folder))) {
		g_autofree char *link = g_build_filename(fds, name, NULL);
		g_autofree char *target = g_file_read_link(link, NULL);

		if (target && g_str_has_suffix(target, "/samples.jsonl"))
			return g_path_get_dirname(target);
	}
	return NULL;
}

static gboolean is_pid(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

static gint64 get_int(JsonObject *live, const char *name)
{
	return json_object_get_int_member_with_default(live, name, -1);
}

/* Where the harness has what it calls @name, or NULL: a number that was given to another process
 * meanwhile has no memfd of ours there.  Caller frees. */
static char *descriptor_path(JsonObject *live, const char *name)
{
	g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/fd/%" G_GINT64_FORMAT,
						get_int(live, "pid"), get_int(live, name));
	g_autofree char *target = g_file_read_link(path, NULL);

	return target && g_str_has_prefix(target, MEMFD_LINK) ? g_steal_pointer(&path) : NULL;
}

gboolean live_is_under_way(const char *dir)
{
	g_autoptr(JsonObject) live = conclude_load(dir, LIVE_FILE, NULL);
	g_autofree char *path = live ? descriptor_path(live, "ram_fd") : NULL;

	return path != NULL;
}

/* It opened again, of at least @bytes. */
static int open_descriptor(JsonObject *live, const char *dir, const char *name, guint64 bytes,
			   GError **error)
{
	g_autofree char *path = descriptor_path(live, name);
	struct stat st;
	int fd;

	if (!path) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "the run in %s is over, or belongs to another user: inspect %s without "
			    "--live shows what it recorded",
			    dir, dir);
		return -1;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && (guint64)st.st_size >= bytes)
		return fd;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "cannot open %s (%s) of the run in %s: %s", path, name, dir,
		    fd < 0 ? g_strerror(errno) : "it is too small");
	if (fd >= 0)
		close(fd);
	return -1;
}

static struct guest *open_from(JsonObject *live, int ram_fd, int board_fd, GError **error)
{
	struct open_source from = {
		.ram_fd = ram_fd,
		.memory_bytes = get_int(live, "memory_bytes"),
		.cpus = get_int(live, "cpus"),
		.vmlinux = json_object_get_string_member_with_default(live, "vmlinux", NULL),
	};
	g_autofree char *note = NULL;
	void *board = mmap(NULL, BOARD_BYTES, PROT_READ, MAP_SHARED, board_fd, 0);
	struct guest *g;

	if (board == MAP_FAILED) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot map the board: %s",
			    g_strerror(errno));
		return NULL;
	}
	from.board = board;
	g = open_guest(&from, &note, error);
	munmap(board, BOARD_BYTES); /* symbols and types are copies */
	return g;
}

static char *find_dir(const char *where, GError **error)
{
	char *dir = g_file_test(where, G_FILE_TEST_IS_DIR) ? g_strdup(where)
		    : is_pid(where)			   ? dir_of_harness(where)
							   : NULL;

	if (!dir)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "%s is neither a run directory nor the process of a netswap run",
			    where);
	return dir;
}

struct guest *live_open(const char *where, char **dir, GError **error)
{
	g_autofree char *found = find_dir(where, error);
	g_autoptr(JsonObject) live = NULL;
	struct guest *g = NULL;
	int ram_fd, board_fd;

	if (!found)
		return NULL;
	live = conclude_load(found, LIVE_FILE, NULL);
	if (!live) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "%s has no %s: its run is over, or has not opened its guest yet", found,
			    LIVE_FILE);
		return NULL;
	}
	ram_fd = open_descriptor(live, found, "ram_fd", get_int(live, "memory_bytes"), error);
	board_fd = ram_fd < 0 ? -1 : open_descriptor(live, found, "board_fd", BOARD_BYTES, error);
	if (board_fd >= 0)
		g = open_from(live, ram_fd, board_fd, error);
	if (ram_fd >= 0)
		close(ram_fd);
	if (board_fd >= 0)
		close(board_fd);
	*dir = g_steal_pointer(&found);
	return g;
}
