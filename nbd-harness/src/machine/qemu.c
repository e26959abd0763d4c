// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start QEMU for one VM.
 *
 * Flow: make memfds (guest RAM, board, copies of kernel and initrd), write the
 * command line twice (for the pod with descriptors, for people with paths),
 * spawn it paused in the pod, shake hands over QMP.
 *
 * QEMU runs as an unprivileged user that may open none of our files by path.
 * Where it opens a path, it gets /proc/self/fd/N of a memfd (those let anybody
 * in) or /dev/fdset/N, QEMU's own way to lend a descriptor.
 *
 * Choices, as measured with QEMU 7.2 on TCG and a minimal 6.12 kernel:
 *   - qboot instead of SeaBIOS: 0.18 s instead of 0.25 s to the kernel's first line;
 *   - CPU "max" without LA57: page walks of four levels instead of five;
 *   - no option ROM on the NIC: nothing boots from it.
 * QEMU never ends by itself: a guest that powers off, resets or panics leaves it
 * paused, with memory and registers to read, and the event says so.
 */
#include "machine/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "board.h"
#include "machine/console.h"
#include "machine/logtail.h"

#define QEMU_PROGRAM	     "qemu-system-x86_64"
#define GREETING_DEADLINE_MS 30000
#define QMP_DEADLINE_MS	     20000
/* TCG's translation cache; its default is a part of the host's RAM. */
#define TRANSLATION_CACHE_MIB 256
/* Ethernet 14, IPv4 20, TCP with timestamps 32, an NBD request 28. */
#define PCAP_HEADERS_BYTES 94

/* Descriptors inside QEMU. */
enum {
	FD_RAM = 3,
	FD_BOARD,
	FD_QMP,
	FD_KERNEL,
	FD_INITRD,
	FD_CONSOLE, /* lent as fdset 1 */
	FD_EXTRA,   /* lent as fdset 2 */
	FD_TERMINAL,
	FD_PCAP,
	FD_WIRE,
	FD_DISK, /* lent as fdset 3 */
	FD_END,
};
#define FDSET_EXTRA 2
#define FDSET_DISK  3

/* The disk, of qemu_config.disk_fd. */
#define DISK_DEVICE "disk"
#define DISK_NODE   "disk-top"
#define IMAGE_NODE  "disk-image"
#define FAULTY_NODE "disk-faulty"

static const struct {
	const char *name;   /* of nic_table */
	const char *device; /* QEMU's */
} nic_devices[] = {
	{ "virtio-net", "virtio-net-pci" }, /* one queue pair: a user network has one queue */
	{ "e1000", "e1000" },
	{ "e1000e", "e1000e" },
	{ "rtl8139", "rtl8139" },
	{ "vmxnet3", "vmxnet3" },
};

/* What is needed only until QEMU runs. */
struct start {
	const struct qemu_config *config;
	int fds[FD_END]; /* by number inside QEMU; -1: not used */
	int qmp_fd;	 /* our end */
	int terminal_fd; /* our end */
	GPtrArray *argv; /* for the pod */
	GString *shown;	 /* for people */
};

static gboolean fail_errno(GError **error, const char *what)
{
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "%s: %s", what, g_strerror(errno));
	return FALSE;
}

static int new_memfd(const char *name, guint64 bytes, GError **error)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, bytes) == 0)
		return fd;
	fail_errno(error, "cannot make shared memory for the guest");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A memfd with the content of @path, which QEMU's user need not be able to read. */
static int copy_to_memfd(const char *path, GError **error)
{
	int in = open(path, O_RDONLY | O_CLOEXEC), out = -1;
	struct stat s;
	off_t at = 0;

	if (in >= 0 && fstat(in, &s) == 0)
		out = new_memfd("file", s.st_size, error);
	else
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot read %s: %s", path,
			    g_strerror(errno));
	while (out >= 0 && at < s.st_size) {
		ssize_t done = sendfile(out, in, &at, s.st_size - at);

		if (done <= 0) {
			g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
				    "cannot copy %s to memory: %s", path,
				    done ? g_strerror(errno) : "it shrank meanwhile");
			close(out);
			out = -1;
		}
	}
	if (in >= 0)
		close(in);
	return out;
}

/* Another descriptor of the same file that fits QEMU's way of opening it:
 * lending one needs equal access modes. */
static int reopen(int fd, int flags, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	int again = open(path, flags | O_CLOEXEC);

	if (again < 0)
		fail_errno(error, "cannot reopen a file of the record for QEMU");
	return again;
}

static int copy_fd(int fd, GError **error)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		fail_errno(error, "cannot hand the wire to QEMU");
	return copy;
}

static int open_extra_image(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot read %s: %s", path,
			    g_strerror(errno));
	return fd;
}

static gboolean new_socketpair(int *ours, int *theirs, GError **error)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return fail_errno(error, "cannot make a socket for QEMU");
	*ours = fds[0];
	*theirs = fds[1];
	return TRUE;
}

static gboolean open_files(struct start *s, int console_fd, GError **error)
{
	const struct qemu_config *c = s->config;
	int *fds = s->fds;

	return (fds[FD_RAM] = new_memfd("netswap-ram", c->memory_bytes, error)) >= 0 &&
	       (fds[FD_BOARD] = new_memfd("netswap-board", BOARD_BYTES, error)) >= 0 &&
	       (fds[FD_KERNEL] = copy_to_memfd(c->kernel_image, error)) >= 0 &&
	       (fds[FD_INITRD] = copy_to_memfd(c->initrd, error)) >= 0 &&
	       (fds[FD_CONSOLE] = reopen(console_fd, O_WRONLY | O_APPEND, error)) >= 0 &&
	       (!c->extra_image ||
		(fds[FD_EXTRA] = open_extra_image(c->extra_image, error)) >= 0) &&
	       (c->pcap_fd < 0 || (fds[FD_PCAP] = reopen(c->pcap_fd, O_WRONLY, error)) >= 0) &&
	       (c->wire_fd < 0 || (fds[FD_WIRE] = copy_fd(c->wire_fd, error)) >= 0) &&
	       (c->disk_fd < 0 || (fds[FD_DISK] = reopen(c->disk_fd, O_RDWR, error)) >= 0) &&
	       (!c->interactive || new_socketpair(&s->terminal_fd, &fds[FD_TERMINAL], error)) &&
	       new_socketpair(&s->qmp_fd, &fds[FD_QMP], error);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* One option in the shown form; its value, if it has one, quoted for a shell. */
static void show(struct start *s, const char *option, const char *value)
{
	static const char plain[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+-_./:=,@%";
	g_autofree char *quoted = NULL;

	g_string_append_printf(s->shown, " \\\n\t%s", option);
	if (!value)
		return;
	quoted = g_shell_quote(value);
	g_string_append_printf(s->shown, " %s",
			       *value && !value[strspn(value, plain)] ? value : quoted);
}

static void add_hidden(struct start *s, const char *option, const char *value)
{
	g_ptr_array_add(s->argv, g_strdup(option));
	if (value)
		g_ptr_array_add(s->argv, g_strdup(value));
}

/* The same for QEMU and for people. */
static void add(struct start *s, const char *option, const char *value)
{
	add_hidden(s, option, value);
	show(s, option, value);
}

static void add_memory(struct start *s, const char *id, guint64 bytes, int fd)
{
	g_autofree char *real = g_strdup_printf("memory-backend-file,id=%s,size=%" G_GUINT64_FORMAT
						",mem-path=/proc/self/fd/%d,share=on",
						id, bytes, fd);
	g_autofree char *shown = g_strdup_printf(
		"memory-backend-memfd,id=%s,size=%" G_GUINT64_FORMAT ",share=on", id, bytes);

	add_hidden(s, "-object", real);
	show(s, "-object", shown);
}

/* File @path of ours, which QEMU reads as descriptor @fd. */
static void add_file(struct start *s, const char *option, const char *path, int fd)
{
	g_autofree char *real = g_strdup_printf("/proc/self/fd/%d", fd);

	add_hidden(s, option, real);
	show(s, option, path);
}

static void lend(struct start *s, int fd, int set)
{
	g_autofree char *value = g_strdup_printf("fd=%d,set=%d", fd, set);

	add_hidden(s, "-add-fd", value);
}

static void add_machine(struct start *s)
{
	const struct qemu_config *c = s->config;
	gboolean kvm = !strcmp(c->accel, "kvm");
	g_autofree char *accel =
		kvm ? g_strdup("kvm")
		    : g_strdup_printf("tcg,thread=multi,tb-size=%d", TRANSLATION_CACHE_MIB);
	g_autofree char *cpus = g_strdup_printf("%u", c->cpus);
	g_autofree char *memory = g_strdup_printf("%" G_GUINT64_FORMAT "k", c->memory_bytes / 1024);

	add(s, "-machine", "q35,memory-backend=ram,vmport=off,smm=off,usb=off");
	add(s, "-accel", accel);
	add(s, "-cpu", kvm ? QEMU_CPU_KVM : QEMU_CPU_TCG);
	add(s, "-smp", cpus);
	add(s, "-m", memory);
	add_memory(s, "ram", c->memory_bytes, FD_RAM);
	add(s, "-bios", "qboot.rom");
	add_hidden(s, "-action", "reboot=shutdown,shutdown=pause,panic=pause");
	show(s, "-no-reboot", NULL);
	add(s, "-sandbox",
	    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

static void add_boot(struct start *s)
{
	add_file(s, "-kernel", s->config->kernel_image, FD_KERNEL);
	add_file(s, "-initrd", s->config->initrd, FD_INITRD);
	add(s, "-append", s->config->kernel_cmdline);
}

/* Headers; of a segment that has no NBD request, the first bytes of what was swapped. */
static void add_pcap(struct start *s)
{
	g_autofree char *real = g_strdup_printf("filter-dump,id=pcap,netdev=net,maxlen=%d"
						",file=/proc/self/fd/%d",
						PCAP_HEADERS_BYTES, FD_PCAP);
	g_autofree char *shown = g_strdup_printf(
		"filter-dump,id=pcap,netdev=net,maxlen=%d,file=link.pcap", PCAP_HEADERS_BYTES);

	if (s->config->pcap_fd < 0)
		return;
	add_hidden(s, "-object", real);
	show(s, "-object", shown);
}

/* For people the wire is a multicast group of their own loopback: two VMs started by hand meet
 * there. */
static void add_netdev(struct start *s)
{
	g_autofree char *netdev =
		g_strdup_printf("dgram,id=net,local.type=fd,local.str=%d", FD_WIRE);

	if (s->config->wire_fd < 0) {
		add(s, "-netdev", "user,id=net,ipv6=off");
		return;
	}
	add_hidden(s, "-netdev", netdev);
	show(s, "-netdev",
	     "dgram,id=net,remote.type=inet,remote.host=230.0.0.1,remote.port=1234,"
	     "local.type=inet,local.host=127.0.0.1,local.port=0");
}

static void add_forward(struct start *s)
{
	guint port = s->config->forward_port;
	g_autofree char *netdev = g_strdup_printf("user,id=forward,ipv6=off,"
						  "hostfwd=tcp:127.0.0.1:%u-:%u",
						  port, port);

	if (!port)
		return;
	add(s, "-netdev", netdev);
	add(s, "-device", "virtio-net-pci,netdev=forward,romfile=");
}

static gboolean add_network(struct start *s, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(nic_devices); i++) {
		g_autofree char *device = NULL;

		if (strcmp(s->config->nic, nic_devices[i].name) != 0)
			continue;
		device = g_strdup_printf("%s,netdev=net,romfile=", nic_devices[i].device);
		add_netdev(s);
		add(s, "-device", device);
		add_forward(s);
		add_pcap(s);
		return TRUE;
	}
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "no QEMU device is known for NIC %s: see \"netswap list transports\"",
		    s->config->nic);
	return FALSE;
}

static void add_extra_image(struct start *s)
{
	g_autofree char *real =
		g_strdup_printf("driver=file,node-name=extra,read-only=on,locking=off,"
				"filename=/dev/fdset/%d",
				FDSET_EXTRA);
	g_autofree char *shown = NULL;

	if (!s->config->extra_image)
		return;
	shown = g_strdup_printf("driver=file,node-name=extra,read-only=on,locking=off,filename=%s",
				s->config->extra_image);
	lend(s, FD_EXTRA, FDSET_EXTRA);
	add_hidden(s, "-blockdev", real);
	show(s, "-blockdev", shown);
	add(s, "-device", "virtio-blk-pci,drive=extra");
}

/* Of what stands on a memfd nothing need be flushed. */
static void add_disk(struct start *s)
{
	g_autofree char *real = g_strdup_printf("driver=file,node-name=" IMAGE_NODE ",locking=off,"
						"cache.no-flush=on,filename=/dev/fdset/%d",
						FDSET_DISK);

	if (s->config->disk_fd < 0)
		return;
	lend(s, FD_DISK, FDSET_DISK);
	add_hidden(s, "-blockdev", real);
	show(s, "-blockdev", "driver=file,node-name=" IMAGE_NODE ",filename=swap.img");
	/* A node above it, under which another may be put in. */
	add(s, "-blockdev", "driver=raw,node-name=" DISK_NODE ",file=" IMAGE_NODE);
	add(s, "-device",
	    "virtio-blk-pci,id=" DISK_DEVICE ",drive=" DISK_NODE ",rerror=report,werror=report");
}

static void add_devices(struct start *s)
{
	add_memory(s, "board", BOARD_BYTES, FD_BOARD);
	add(s, "-device", "ivshmem-plain,memdev=board");
	add(s, "-device", "vmcoreinfo");
	add(s, "-device", "pvpanic");
	if (s->config->balloon)
		add(s, "-device", "virtio-balloon-pci");
	add_extra_image(s);
	add_disk(s);
}

static void add_console(struct start *s)
{
	g_autofree char *chardev = NULL;

	lend(s, FD_CONSOLE, QEMU_CONSOLE_FDSET);
	if (s->config->interactive)
		chardev = g_strdup_printf("socket,id=console,fd=%d,logfile=" QEMU_CONSOLE_FILE
					  ",logappend=on",
					  FD_TERMINAL);
	else
		chardev = g_strdup("file,id=console,path=" QEMU_CONSOLE_FILE ",append=on");
	add_hidden(s, "-chardev", chardev);
	add_hidden(s, "-serial", "chardev:console");
	show(s, "-serial", "stdio");
}

static void add_qmp(struct start *s)
{
	g_autofree char *chardev = g_strdup_printf("socket,id=qmp,fd=%d", FD_QMP);

	add_hidden(s, "-chardev", chardev);
	add_hidden(s, "-mon", "chardev=qmp,mode=control");
	add_hidden(s, "-S", NULL);
}

static gboolean write_command(struct start *s, GError **error)
{
	g_ptr_array_add(s->argv, g_strdup(QEMU_PROGRAM));
	g_string_append(s->shown, QEMU_PROGRAM " -nodefaults -no-user-config");
	add_hidden(s, "-nodefaults", NULL);
	add_hidden(s, "-no-user-config", NULL);
	add_hidden(s, "-name", "netswap,debug-threads=on");
	add(s, "-display", "none");
	add_machine(s);
	add_boot(s);
	if (!add_network(s, error))
		return FALSE;
	add_devices(s);
	add_console(s);
	add_qmp(s);
	g_ptr_array_add(s->argv, NULL);
	g_string_append_c(s->shown, '\n');
	return TRUE;
}

static struct pod_child *spawn(struct start *s, struct pod *pod, int log_fd, GError **error)
{
	struct pod_fd fds[FD_END + 1];
	guint count = 0;
	struct pod_child *child;

	for (int i = FD_RAM; i < FD_END; i++)
		if (s->fds[i] >= 0)
			fds[count++] = (struct pod_fd){ .fd = s->fds[i], .child_fd = i };
	fds[count] = (struct pod_fd){ .fd = -1 };
	child = pod_spawn(pod, s->config->name, (char *const *)s->argv->pdata, log_fd, fds, error);
	/* The other ends of QEMU's sockets must be QEMU's alone: their closing says it ended. */
	close_fd(&s->fds[FD_QMP]);
	close_fd(&s->fds[FD_TERMINAL]);
	return child;
}

/* Say what QEMU itself said, if anything. */
static void explain(struct pod *pod, struct pod_child *child, int log_fd, off_t log_from,
		    GError **error)
{
	g_autofree char *said = NULL;

	pod_wait(pod, child, 1000);
	said = log_last_line(log_fd, log_from);
	if (said)
		g_prefix_error(error, "QEMU did not start, it says \"%s\": ", said);
	else
		g_prefix_error(error, "QEMU did not start: ");
}

static struct board *map_board(int fd, GError **error)
{
	void *map = mmap(NULL, BOARD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map != MAP_FAILED)
		return map;
	fail_errno(error, "cannot map the board");
	return NULL;
}

static struct qemu *launch(struct start *s, struct pod *pod, int log_fd, qmp_event_fn on_event,
			   qmp_closed_fn on_closed, gpointer data, GError **error)
{
	off_t log_from = log_end(log_fd);
	struct pod_child *child = spawn(s, pod, log_fd, error);
	struct qemu *q;
	struct qmp *qmp;

	if (!child)
		return NULL;
	qmp = qmp_new(s->qmp_fd, GREETING_DEADLINE_MS, on_event, on_closed, data, error);
	s->qmp_fd = -1;
	if (!qmp) {
		explain(pod, child, log_fd, log_from, error);
		return NULL;
	}
	q = g_new0(struct qemu, 1);
	q->child = child;
	q->qmp = qmp;
	q->ram_fd = s->fds[FD_RAM];
	q->board_fd = s->fds[FD_BOARD];
	s->fds[FD_RAM] = s->fds[FD_BOARD] = -1;
	q->command = g_strdup(s->shown->str);
	q->board = map_board(q->board_fd, error);
	if (s->terminal_fd >= 0)
		q->console = console_new(s->terminal_fd);
	s->terminal_fd = -1;
	if (q->board)
		return q;
	qemu_free(q);
	return NULL;
}

struct qemu *qemu_start(struct pod *pod, const struct qemu_config *config, int console_fd,
			int log_fd, qmp_event_fn on_event, qmp_closed_fn on_closed, gpointer data,
			GError **error)
{
	struct start s = { .config = config, .qmp_fd = -1, .terminal_fd = -1 };
	struct qemu *q = NULL;

	for (int i = 0; i < FD_END; i++)
		s.fds[i] = -1;
	s.argv = g_ptr_array_new_with_free_func(g_free);
	s.shown = g_string_new(NULL);
	if (open_files(&s, console_fd, error) && write_command(&s, error))
		q = launch(&s, pod, log_fd, on_event, on_closed, data, error);
	for (int i = 0; i < FD_END; i++)
		close_fd(&s.fds[i]);
	close_fd(&s.qmp_fd);
	close_fd(&s.terminal_fd);
	g_ptr_array_unref(s.argv);
	g_string_free(s.shown, TRUE);
	return q;
}

gboolean qemu_do(struct qemu *q, const char *command, const char *arguments_json, GError **error)
{
	JsonNode *answer = qmp_execute(q->qmp, command, arguments_json, QMP_DEADLINE_MS, error);

	if (!answer)
		return FALSE;
	json_node_unref(answer);
	return TRUE;
}

gboolean qemu_disk_limit(struct qemu *q, guint64 bytes_per_s, GError **error)
{
	g_autofree char *arguments = g_strdup_printf(
		"{\"id\":\"/machine/peripheral/" DISK_DEVICE
		"/virtio-backend\",\"bps\":%" G_GUINT64_FORMAT
		",\"bps_rd\":0,\"bps_wr\":0,\"iops\":0,\"iops_rd\":0,\"iops_wr\":0}",
		bytes_per_s);

	return qemu_do(q, "block_set_io_throttle", arguments, error);
}

/* The node that the disk's own reads and writes. */
static gboolean put_under_disk(struct qemu *q, const char *node, GError **error)
{
	g_autofree char *arguments =
		g_strdup_printf("{\"options\":[{\"driver\":\"raw\",\"node-name\":\"" DISK_NODE
				"\",\"file\":\"%s\"}]}",
				node);

	return qemu_do(q, "blockdev-reopen", arguments, error);
}

gboolean qemu_disk_fail(struct qemu *q, const char *what, int error_number, GError **error)
{
	g_autofree char *arguments = g_strdup_printf(
		"{\"driver\":\"blkdebug\",\"node-name\":\"" FAULTY_NODE "\",\"image\":\"" IMAGE_NODE
		"\",\"inject-error\":[{\"event\":\"none\",\"iotype\":\"%s\",\"errno\":%d}]}",
		what, error_number);

	return qemu_do(q, "blockdev-add", arguments, error) &&
	       put_under_disk(q, FAULTY_NODE, error);
}

gboolean qemu_disk_heal(struct qemu *q, GError **error)
{
	return put_under_disk(q, IMAGE_NODE, error) &&
	       qemu_do(q, "blockdev-del", "{\"node-name\":\"" FAULTY_NODE "\"}", error);
}

gboolean qemu_balloon(struct qemu *q, guint64 bytes, GError **error)
{
	g_autofree char *arguments = g_strdup_printf("{\"value\":%" G_GUINT64_FORMAT "}", bytes);

	return qemu_do(q, "balloon", arguments, error);
}

guint64 qemu_request(struct qemu *q, const char *line)
{
	g_strlcpy(q->board->request, line, BOARD_REQUEST_BYTES);
	return __atomic_add_fetch(&q->board->request_seq, 1, __ATOMIC_RELEASE);
}

gboolean qemu_go(struct qemu *q, const char *script, GError **error)
{
	g_strlcpy(q->board->script, script, BOARD_SCRIPT_BYTES);
	q->board->script_bytes = strlen(q->board->script);
	q->board->version = BOARD_VERSION;
	q->board->magic = BOARD_MAGIC;
	return qemu_do(q, "cont", NULL, error);
}

void qemu_free(struct qemu *q)
{
	if (!q)
		return;
	if (q->board)
		munmap(q->board, BOARD_BYTES);
	console_free(q->console);
	qmp_free(q->qmp);
	close(q->ram_fd);
	close(q->board_fd);
	g_free(q->command);
	g_free(q);
}
