// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every backend in a real pod: it serves the image, answers a second client
 * unless it is stopped, ends when killed, and says clearly why it does not
 * start.
 */
#include "machine/server.h"

#include <fcntl.h>
#include <libnbd.h>
#include <nbd_hello.c> /* the guest's: what it speaks with these servers */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

#define IMAGE_BYTES (64u << 20)
#define PORT	    10809
#define DEADLINE_MS 10000
#define BLOCK_BYTES 4096

struct world {
	struct pod *pod;
	int image_fd, log_fd;
	struct scenario scenario;
	struct server *server;
};

static int new_memfd(guint64 bytes)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(ftruncate(fd, bytes), ==, 0);
	return fd;
}

/* FALSE: skipped. */
static gboolean world_make(struct world *w, const char *backend)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *program = g_find_program_in_path(server_ops_find(backend)->program);

	*w = (struct world){ 0 };
	if (!program) {
		g_test_skip("this backend is not installed");
		return FALSE;
	}
	w->pod = pod_new(NULL, NULL, &error);
	if (!w->pod) {
		g_test_skip(error->message);
		return FALSE;
	}
	w->image_fd = new_memfd(IMAGE_BYTES);
	w->log_fd = new_memfd(0);
	w->scenario.swap.backend = backend;
	w->scenario.swap.port = PORT;
	w->scenario.swap.size_bytes = IMAGE_BYTES;
	return TRUE;
}

static gboolean world_start(struct world *w, GError **error)
{
	w->server = server_start(w->pod, &w->scenario, w->image_fd, w->log_fd, DEADLINE_MS, error);
	return w->server != NULL;
}

static void world_end(struct world *w)
{
	if (w->server)
		server_free(w->server);
	pod_free(w->pod);
	close(w->image_fd);
	close(w->log_fd);
}

/* The guest's part: a client that writes. */
static struct nbd_handle *connect_client(struct world *w)
{
	struct nbd_handle *nbd = nbd_create();
	g_autoptr(GError) error = NULL;
	int fd = pod_connect(w->pod, PORT, &error);

	g_assert_no_error(error);
	g_assert_cmpint(nbd_set_export_name(nbd, SERVER_EXPORT), ==, 0);
	g_assert_cmpint(nbd_connect_socket(nbd, fd), ==, 0);
	return nbd;
}

static void test_serves(gconstpointer backend)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	struct nbd_handle *first, *second;
	char block[BLOCK_BYTES], got[BLOCK_BYTES];

	if (!world_make(&w, backend))
		return;
	world_start(&w, &error);
	g_assert_no_error(error);
	g_assert_true(server_child(w.server)->running);

	memset(block, 'x', sizeof(block));
	first = connect_client(&w);
	second = connect_client(&w);
	g_assert_cmpint(nbd_pwrite(first, block, sizeof(block), BLOCK_BYTES, 0), ==, 0);
	g_assert_cmpint(nbd_pread(second, got, sizeof(got), BLOCK_BYTES, 0), ==, 0);
	g_assert_cmpmem(got, sizeof(got), block, sizeof(block));
	/* The harness sees the image, and what it changes is served. */
	g_assert_cmpint(pread(w.image_fd, got, sizeof(got), BLOCK_BYTES), ==, sizeof(got));
	g_assert_cmpmem(got, sizeof(got), block, sizeof(block));
	g_assert_cmpint(pwrite(w.image_fd, "flip", 4, BLOCK_BYTES), ==, 4);
	g_assert_cmpint(nbd_pread(first, got, sizeof(got), BLOCK_BYTES, 0), ==, 0);
	g_assert_cmpmem(got, 4, "flip", 4);

	g_assert_true(server_answers(w.server, DEADLINE_MS, &error));
	g_assert_no_error(error);
	nbd_close(first);
	nbd_close(second);
	world_end(&w);
}

static void test_stopped(gconstpointer backend)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	struct nbd_handle *guest;
	gint64 began;

	if (!world_make(&w, backend))
		return;
	world_start(&w, &error);
	g_assert_no_error(error);
	guest = connect_client(&w);
	pod_signal_tree(w.pod, server_child(w.server), SIGSTOP);
	began = g_get_monotonic_time();
	g_assert_false(server_answers(w.server, 300, &error));
	g_assert_cmpint(g_get_monotonic_time() - began, <, 2000 * 1000);
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_assert_nonnull(strstr(error->message, "no answer within 300 ms"));
	g_clear_error(&error);
	pod_signal_tree(w.pod, server_child(w.server), SIGCONT);
	g_assert_true(server_answers(w.server, DEADLINE_MS, &error));

	pod_signal_tree(w.pod, server_child(w.server), SIGKILL);
	g_assert_true(pod_wait(w.pod, server_child(w.server), 5000));
	g_assert_false(server_answers(w.server, 300, &error));
	nbd_close(guest);
	world_end(&w);
}

static void test_restarts(gconstpointer backend)
{
	struct world w;
	g_autoptr(GError) error = NULL;

	if (!world_make(&w, backend))
		return;
	world_start(&w, &error);
	g_assert_no_error(error);
	pod_signal_tree(w.pod, server_child(w.server), SIGKILL);
	g_assert_true(pod_wait(w.pod, server_child(w.server), 5000));
	server_free(w.server);
	world_start(&w, &error);
	g_assert_no_error(error);
	world_end(&w);
}

/* The guest's own handshake, with a name that is served and one that is not. */
static void test_hello(gconstpointer backend)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	struct nbd_export export = { 0 };

	if (!world_make(&w, backend))
		return;
	world_start(&w, &error);
	g_assert_no_error(error);
	for (guint right = 0; right < 2; right++) {
		int fd = pod_connect(w.pod, PORT, &error);

		g_assert_no_error(error);
		fcntl(fd, F_SETFL, 0); /* the guest's blocks */
		g_assert_cmpint(nbd_hello(fd, right ? SERVER_EXPORT : "another", &export) == 0, ==,
				right);
		close(fd);
	}
	g_assert_cmpuint(export.bytes, ==, IMAGE_BYTES);
	g_assert_true(export.flags & 1); /* NBD_FLAG_HAS_FLAGS */
	world_end(&w);
}

static void test_reset(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	struct nbd_handle *guest;
	char block[BLOCK_BYTES];

	if (!world_make(&w, "nbd-server"))
		return;
	world_start(&w, &error);
	g_assert_no_error(error);
	guest = connect_client(&w);
	g_assert_cmpint(nbd_pread(guest, block, sizeof(block), 0, 0), ==, 0);
	g_assert_true(server_reset(w.server, &error));
	g_assert_no_error(error);
	g_assert_cmpint(nbd_pread(guest, block, sizeof(block), 0, 0), ==, -1);
	nbd_close(guest);
	/* It goes on serving. */
	guest = connect_client(&w);
	g_assert_cmpint(nbd_pread(guest, block, sizeof(block), 0, 0), ==, 0);
	nbd_close(guest);
	world_end(&w);

	g_assert_true(world_make(&w, "qemu-nbd"));
	world_start(&w, &error);
	g_assert_no_error(error);
	g_assert_false(server_reset(w.server, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	world_end(&w);
}

/* An image that is a pipe cannot be served by anybody. */
static void test_refuses(gconstpointer backend)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	int fds[2];

	if (!world_make(&w, backend))
		return;
	g_assert_cmpint(pipe(fds), ==, 0);
	close(w.image_fd);
	w.image_fd = fds[0];
	g_assert_false(world_start(&w, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_assert_nonnull(strstr(error->message, backend));
	g_test_message("%s", error->message);
	close(fds[1]);
	world_end(&w);
}

static void test_wrong_size(gconstpointer backend)
{
	struct world w;
	g_autoptr(GError) error = NULL;

	if (!world_make(&w, backend))
		return;
	w.scenario.swap.size_bytes *= 2;
	g_assert_false(world_start(&w, &error));
	g_assert_nonnull(strstr(error->message, "67108864 bytes long instead of 134217728"));
	world_end(&w);
}

static void test_port_in_use(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;

	if (!world_make(&w, "qemu-nbd"))
		return;
	world_start(&w, &error);
	g_assert_no_error(error);
	g_assert_null(server_start(w.pod, &w.scenario, w.image_fd, w.log_fd, DEADLINE_MS, &error));
	g_assert_nonnull(strstr(error->message, "port 10809 is already in use"));
	world_end(&w);
}

static void test_missing_program(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_strdup(g_getenv("PATH"));

	if (!world_make(&w, "nbdkit"))
		return;
	g_setenv("PATH", "/nowhere", TRUE);
	g_assert_false(world_start(&w, &error));
	g_setenv("PATH", path, TRUE);
	g_assert_nonnull(strstr(error->message, "nbdkit not found"));
	g_assert_nonnull(strstr(error->message, "scripts/install-packages"));
	world_end(&w);
}

static void test_eio(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	struct nbd_handle *guest;
	char block[BLOCK_BYTES] = { 0 };

	if (!world_make(&w, "nbdkit"))
		return;
	world_start(&w, &error);
	g_assert_no_error(error);
	guest = connect_client(&w);
	g_assert_cmpint(nbd_pread(guest, block, sizeof(block), 0, 0), ==, 0);
	g_assert_true(server_inject_eio(w.server, TRUE, &error));
	g_assert_cmpint(nbd_pread(guest, block, sizeof(block), 0, 0), ==, -1);
	g_assert_cmpint(nbd_get_errno(), ==, EIO);
	g_assert_cmpint(nbd_pwrite(guest, block, sizeof(block), 0, 0), ==, 0);
	g_assert_true(server_inject_eio(w.server, FALSE, &error));
	g_assert_true(server_inject_eio(w.server, FALSE, &error));
	g_assert_cmpint(nbd_pread(guest, block, sizeof(block), 0, 0), ==, 0);
	nbd_close(guest);
	world_end(&w);
}

static void test_eio_elsewhere(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;

	if (!world_make(&w, "qemu-nbd"))
		return;
	world_start(&w, &error);
	g_assert_false(server_inject_eio(w.server, TRUE, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE);
	world_end(&w);
}

static gint64 read_ms(struct nbd_handle *nbd, gsize bytes)
{
	g_autofree char *data = g_malloc(bytes);
	gint64 began = g_get_monotonic_time();

	g_assert_cmpint(nbd_pread(nbd, data, bytes, 0, 0), ==, 0);
	return (g_get_monotonic_time() - began) / 1000;
}

static void test_slow(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	struct nbd_handle *guest;

	if (!world_make(&w, "nbdkit"))
		return;
	w.scenario.swap.delay_ms = 150;
	world_start(&w, &error);
	g_assert_no_error(error);
	guest = connect_client(&w);
	g_assert_cmpint(read_ms(guest, BLOCK_BYTES), >=, 150);
	nbd_close(guest);
	world_end(&w);

	g_assert_true(world_make(&w, "nbdkit"));
	w.scenario.swap.rate_bytes_per_s = 8 << 20;
	world_start(&w, &error);
	g_assert_no_error(error);
	guest = connect_client(&w);
	/* The bucket lets a burst of two seconds' worth pass at once. */
	g_assert_cmpint(read_ms(guest, 12 << 20) + read_ms(guest, 12 << 20), >=, 500);
	nbd_close(guest);
	world_end(&w);
}

static void add_for_each_backend(const char *what, GTestDataFunc test)
{
	for (guint i = 0; server_ops_table[i]; i++) {
		const char *backend = server_ops_table[i]->name;

		if (!server_ops_table[i]->program)
			continue; /* a kernel's: it needs a VM */
		g_autofree char *path = g_strdup_printf("/server/%s/%s", backend, what);

		g_test_add_data_func(path, backend, test);
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--keeper"))
		return keeper_main(atoi(argv[2]));
	g_test_init(&argc, &argv, NULL);
	add_for_each_backend("serves", test_serves);
	add_for_each_backend("stopped", test_stopped);
	add_for_each_backend("restarts", test_restarts);
	add_for_each_backend("refuses", test_refuses);
	add_for_each_backend("wrong-size", test_wrong_size);
	add_for_each_backend("hello", test_hello);
	g_test_add_func("/server/reset", test_reset);
	g_test_add_func("/server/port-in-use", test_port_in_use);
	g_test_add_func("/server/missing-program", test_missing_program);
	g_test_add_func("/server/eio", test_eio);
	g_test_add_func("/server/eio-elsewhere", test_eio_elsewhere);
	g_test_add_func("/server/slow", test_slow);
	return g_test_run();
}
