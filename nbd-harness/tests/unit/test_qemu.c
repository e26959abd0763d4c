// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU as a run starts it, with a guest of a few instructions: RAM and board
 * are visible from outside, the console is written, QMP answers, every NIC
 * exists, and failures say what QEMU said.
 */
#include "machine/qemu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "machine/attach.h"
#include "machine/virtqueue.h"
#include "board.h"

#define GUEST_RAM_BYTES (128u << 20)
#define GUEST_ADDRESS	0x200000
#define MARK_ADDRESS	0x300000
#define MARK		0xfeedbeef
#define DEADLINE_MS	20000

/*
 * A multiboot kernel: says "ran" on the serial port, leaves MARK in its RAM,
 * then counts beside it.  Port 0xcf9 resets the machine when the count's
 * neighbour says so.
 */
extern const guint8 guest_code[], guest_code_end[];
/* clang-format off */
asm(".pushsection .rodata\n"
    ".balign 8\n"
    ".global guest_code, guest_code_end\n"
    "guest_code:\n"
    "	.long	0x1badb002, 0x10000, -(0x1badb002 + 0x10000)\n"
    "	.long	" G_STRINGIFY(GUEST_ADDRESS) ", " G_STRINGIFY(GUEST_ADDRESS) "\n"
    "	.long	0, 0, " G_STRINGIFY(GUEST_ADDRESS) " + guest_start - guest_code\n"
    ".code32\n"
    "guest_start:\n"
    "	mov	$0x3f8, %edx\n"
    "	mov	$'r', %al\n"
    "	out	%al, %dx\n"
    "	mov	$'a', %al\n"
    "	out	%al, %dx\n"
    "	mov	$'n', %al\n"
    "	out	%al, %dx\n"
    "	mov	$" G_STRINGIFY(MARK_ADDRESS) ", %ebx\n"
    "	movl	$" G_STRINGIFY(MARK) ", (%ebx)\n"
    "1:	incl	4(%ebx)\n"
    "	pause\n"
    "	cmpl	$0, 8(%ebx)\n"
    "	je	1b\n"
    "	mov	$0xcf9, %edx\n"
    "	mov	$6, %al\n"
    "	out	%al, %dx\n"
    "	jmp	1b\n"
    ".code64\n"
    "guest_code_end:\n"
    ".popsection\n");
/* clang-format on */

struct world {
	struct pod *pod;
	struct qemu *q;
	int console_fd, log_fd;
	char *folder;
	char *kernel, *initrd;
	GString *events;
	guint closed;
	struct qemu_config config;
};

static void on_event(const char *event, JsonObject *data, gpointer user_data)
{
	struct world *w = user_data;

	g_string_append_printf(w->events, "%s ", event);
}

static void on_closed(gpointer user_data)
{
	((struct world *)user_data)->closed++;
}

static int new_memfd(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	return fd;
}

/* FALSE: skipped. */
static gboolean world_make(struct world *w)
{
	g_autofree char *qemu = g_find_program_in_path("qemu-system-x86_64");
	g_autoptr(GError) error = NULL;

	*w = (struct world){ 0 };
	if (!qemu) {
		g_test_skip("this host has no QEMU");
		return FALSE;
	}
	w->pod = pod_new(NULL, NULL, &error);
	if (!w->pod) {
		g_test_skip(error->message);
		return FALSE;
	}
	w->console_fd = new_memfd();
	w->log_fd = new_memfd();
	w->events = g_string_new(NULL);
	w->folder = g_dir_make_tmp("netswap-test-XXXXXX", NULL);
	w->kernel = g_build_filename(w->folder, "kernel", NULL);
	w->initrd = g_build_filename(w->folder, "it's an initrd", NULL);
	/* Nobody but us may read them. */
	g_assert_true(g_file_set_contents_full(w->kernel, (const char *)guest_code,
					       guest_code_end - guest_code,
					       G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	g_assert_true(g_file_set_contents_full(w->initrd, "initrd", -1, G_FILE_SET_CONTENTS_NONE,
					       0600, NULL));
	w->config = (struct qemu_config){ .kernel_image = w->kernel,
					  .initrd = w->initrd,
					  .kernel_cmdline = "a=b c",
					  .accel = "tcg",
					  .name = "qemu",
					  .nic = "virtio-net",
					  .wire_fd = -1,
					  .disk_fd = -1,
					  .pcap_fd = -1,
					  .memory_bytes = GUEST_RAM_BYTES,
					  .cpus = 2 };
	return TRUE;
}

static gboolean world_start(struct world *w, GError **error)
{
	w->q = qemu_start(w->pod, &w->config, w->console_fd, w->log_fd, on_event, on_closed, w,
			  error);
	return w->q != NULL;
}

static void world_end(struct world *w)
{
	qemu_free(w->q);
	pod_free(w->pod);
	close(w->console_fd);
	close(w->log_fd);
	g_string_free(w->events, TRUE);
	unlink(w->kernel);
	unlink(w->initrd);
	rmdir(w->folder);
	g_free(w->kernel);
	g_free(w->initrd);
	g_free(w->folder);
}

static char *status_of(struct world *w)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = qmp_execute(w->q->qmp, "query-status", NULL, 5000, &error);

	g_assert_no_error(error);
	return g_strdup(json_object_get_string_member(json_node_get_object(node), "status"));
}

static void command(struct world *w, const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = qmp_execute(w->q->qmp, name, NULL, 5000, &error);

	g_assert_no_error(error);
}

static gboolean tick(gpointer data)
{
	return G_SOURCE_CONTINUE;
}

/* Run the main loop until *@word differs from @old, or @event was seen. */
static void iterate_until(struct world *w, const volatile guint32 *word, guint32 old,
			  const char *event)
{
	gint64 until = g_get_monotonic_time() + DEADLINE_MS * 1000;
	guint timer = g_timeout_add(10, tick, NULL);

	while (word ? *word == old : !strstr(w->events->str, event)) {
		g_assert_cmpint(g_get_monotonic_time(), <, until);
		g_main_context_iteration(NULL, TRUE);
	}
	g_source_remove(timer);
}

static void test_guest(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	g_autofree char *before = NULL, *running = NULL, *stopped = NULL, *ended = NULL;
	volatile guint32 *ram;
	char said[8] = "";
	guint32 count;

	if (!world_make(&w))
		return;
	world_start(&w, &error);
	g_assert_no_error(error);
	ram = mmap(NULL, GUEST_RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, w.q->ram_fd, 0);
	g_assert_true(ram != MAP_FAILED);
	ram += MARK_ADDRESS / sizeof(*ram);
	before = status_of(&w);
	g_assert_cmpstr(before, ==, "prelaunch");

	command(&w, "cont");
	iterate_until(&w, &ram[1], 0, NULL);
	running = status_of(&w);
	g_assert_cmpstr(running, ==, "running");
	g_assert_cmphex(ram[0], ==, MARK);
	g_assert_cmpint(pread(w.console_fd, said, sizeof(said) - 1, 0), ==, 3);
	g_assert_cmpstr(said, ==, "ran");

	/* Stopped, it stands still. */
	command(&w, "stop");
	iterate_until(&w, NULL, 0, "STOP");
	stopped = status_of(&w);
	g_assert_cmpstr(stopped, ==, "paused");
	count = ram[1];
	g_usleep(50000);
	g_assert_cmpuint(ram[1], ==, count);
	command(&w, "cont");
	iterate_until(&w, &ram[1], count, NULL);

	/* A reset leaves QEMU there, paused, with the memory. */
	ram[2] = 1;
	iterate_until(&w, NULL, 0, "SHUTDOWN");
	ended = status_of(&w);
	g_assert_cmpstr(ended, ==, "shutdown");
	g_assert_cmphex(ram[0], ==, MARK);
	munmap((void *)(ram - MARK_ADDRESS / sizeof(*ram)), GUEST_RAM_BYTES);
	world_end(&w);
}

/* gdb's remote protocol: "$text#checksum". */
static void test_gdb(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = NULL;
	char answer[64] = "";
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!world_make(&w))
		return;
	g_assert_true(world_start(&w, &error));
	path = attach_gdb(w.q, w.pod, &error);
	g_assert_no_error(error);
	g_strlcpy(to.sun_path, path, sizeof(to.sun_path));
	g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof(to)), ==, 0);
	g_assert_cmpint(write(fd, "$?#3f", 5), ==, 5);
	for (gsize got = 0; got < sizeof(answer) - 1 && !strchr(answer, '#');) {
		ssize_t n = read(fd, answer + got, sizeof(answer) - 1 - got);

		g_assert_cmpint(n, >, 0);
		got += n;
	}
	g_assert_true(g_str_has_prefix(answer, "+$T05"));
	close(fd);
	world_end(&w);
}

static gboolean has_console(struct world *w, const char *text)
{
	char said[4096] = "";

	g_assert_cmpint(pread(w->console_fd, said, sizeof(said) - 1, 0), >=, 0);
	return strstr(said, text) != NULL;
}

/* The console's file gets on with it after a terminal was attached. */
static void test_console_attached(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	gint64 until_us = g_get_monotonic_time() + DEADLINE_MS * 1000;

	if (!world_make(&w))
		return;
	g_assert_true(world_start(&w, &error));
	g_assert_true(attach_console(w.q, w.pod, &error));
	g_assert_no_error(error);
	g_assert_false(has_console(&w, "ran"));
	json_node_unref(qmp_execute(w.q->qmp, "cont", NULL, DEADLINE_MS, &error));
	while (!has_console(&w, "ran") && g_get_monotonic_time() < until_us)
		g_usleep(G_USEC_PER_SEC / 100); /* unread: what it says stays out of this output */
	g_assert_true(has_console(&w, "ran"));
	world_end(&w);
}

static void test_killed(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;

	if (!world_make(&w))
		return;
	world_start(&w, &error);
	g_assert_no_error(error);
	pod_signal(w.pod, w.q->child, SIGKILL);
	while (!w.closed)
		g_main_context_iteration(NULL, TRUE);
	g_assert_true(pod_wait(w.pod, w.q->child, 5000));
	g_assert_cmpint(w.q->child->wait_status, ==, SIGKILL);
	g_assert_null(qmp_execute(w.q->qmp, "cont", NULL, 5000, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	world_end(&w);
}

static void test_nics(void)
{
	static const char *const nics[] = { "virtio-net", "e1000", "e1000e", "rtl8139", "vmxnet3" };

	for (guint i = 0; i < G_N_ELEMENTS(nics); i++) {
		struct world w;
		g_autoptr(GError) error = NULL;
		g_autofree char *devices = NULL;

		if (!world_make(&w))
			return;
		w.config.nic = nics[i];
		world_start(&w, &error);
		g_assert_no_error(error);
		devices = qmp_hmp(w.q->qmp, "info network", 5000, &error);
		g_assert_nonnull(strstr(devices, nics[i]));
		/* The guest has no driver: a queue that is there, and nothing posted. */
		g_assert_cmpint(virtqueue_rx_seen(w.q->qmp), ==, i ? -1 : 0);
		world_end(&w);
	}
}

/* Answers of QEMU 7.2, shortened, and what no QEMU would say. */
static void test_virtqueue(void)
{
	static const struct {
		const char *status;
		gint count;
	} cases[] = {
		{ "{\"name\":\"virtio-net\",\"queue-index\":0,\"inuse\":0,\"vring-num\":256,"
		  "\"last-avail-idx\":65530,\"shadow-avail-idx\":241,\"used-idx\":65530}",
		  247 },
		{ "{\"last-avail-idx\":7,\"shadow-avail-idx\":7}", 0 },
		{ "{\"last-avail-idx\":7}", -1 },
		{ "[]", -1 },
		{ "null", -1 },
	};
	g_autoptr(JsonNode) devices =
		json_from_string("[{\"name\":\"virtio-blk\",\"path\":\"/b\"}, 3, {\"path\":\"/c\"},"
				 "{\"name\":\"virtio-net\",\"path\":\"/n\"}]",
				 NULL);
	g_autoptr(JsonNode) none = json_from_string("{}", NULL);

	g_assert_cmpstr(virtqueue_find_net(devices), ==, "/n");
	g_assert_null(virtqueue_find_net(none));
	g_assert_null(virtqueue_find_net(NULL));
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(JsonNode) status = json_from_string(cases[i].status, NULL);

		g_assert_cmpint(virtqueue_count(status), ==, cases[i].count);
	}
	g_assert_cmpint(virtqueue_count(NULL), ==, -1);
}

static void test_devices(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	g_autofree char *pci = NULL, *memory = NULL, *block = NULL;

	if (!world_make(&w))
		return;
	w.config.extra_image = w.initrd;
	w.config.interactive = TRUE;
	world_start(&w, &error);
	g_assert_no_error(error);
	pci = qmp_hmp(w.q->qmp, "info pci", 5000, &error);
	g_assert_nonnull(strstr(pci, "1af4:1110"));
	memory = qmp_hmp(w.q->qmp, "info memdev", 5000, &error);
	g_assert_nonnull(strstr(memory, "memory backend: board"));
	block = qmp_hmp(w.q->qmp, "info block", 5000, &error);
	g_assert_nonnull(strstr(block, "read-only"));
	world_end(&w);
}

static void test_command(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;
	g_autofree char *quoted = NULL;

	if (!world_make(&w))
		return;
	world_start(&w, &error);
	g_assert_no_error(error);
	quoted = g_shell_quote(w.initrd);
	g_assert_nonnull(strstr(w.q->command, quoted));
	g_assert_nonnull(strstr(w.q->command, "-append 'a=b c'"));
	g_assert_null(strstr(w.q->command, "/proc/"));
	g_assert_null(strstr(w.q->command, "fdset"));
	g_test_message("%s", w.q->command);
	world_end(&w);
}

static void test_refusals(void)
{
	struct world w;
	g_autoptr(GError) error = NULL;

	if (!world_make(&w))
		return;
	w.config.cpus = 100000;
	g_assert_false(world_start(&w, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, "CPUs"));
	g_clear_error(&error);

	w.config.kernel_image = "/no/such/kernel";
	g_assert_false(world_start(&w, &error));
	g_assert_nonnull(strstr(error->message, "/no/such/kernel"));
	world_end(&w);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--keeper"))
		return keeper_main(atoi(argv[2]));
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/qemu/guest", test_guest);
	g_test_add_func("/qemu/gdb", test_gdb);
	g_test_add_func("/qemu/console-attached", test_console_attached);
	g_test_add_func("/qemu/killed", test_killed);
	g_test_add_func("/qemu/nics", test_nics);
	g_test_add_func("/qemu/virtqueue", test_virtqueue);
	g_test_add_func("/qemu/devices", test_devices);
	g_test_add_func("/qemu/command", test_command);
	g_test_add_func("/qemu/refusals", test_refusals);
	return g_test_run();
}
