// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/check_private.h"

#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/units.h"
#include "board.h"
#include "scenario/keys.h"
#include "scenario/knobs.h"

#define MIB	   (1ull << 20)
#define PAGE_BYTES 4096u
/* What a small kernel, its page tables and PID 1 keep for themselves, with room for stray pages. */
#define KERNEL_SHARE_BYTES (64 * MIB)

/* Where SECTION.KEY was written: its line, or its section's, or the file. */
static const char *where_of(const struct check *c, const char *label, const char *key)
{
	for (guint i = 0; i < c->doc->sections->len; i++) {
		const struct document_section *section = g_ptr_array_index(c->doc->sections, i);
		const struct document_entry *entry;

		if (strcmp(section->label, label))
			continue;
		entry = document_find(section, key);
		return entry ? entry->where : section->where;
	}
	return c->file;
}

gboolean check_fail(const struct check *c, const char *label, const char *key, const char *fmt, ...)
{
	g_autofree char *message = NULL;
	va_list args;

	va_start(args, fmt);
	message = g_strdup_vprintf(fmt, args);
	va_end(args);
	g_set_error(c->error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s: %s.%s%s",
		    where_of(c, label, key), label, key, message);
	return FALSE;
}

static gboolean check_exists(const struct check *c, const char *key, const char *path,
			     GFileTest test)
{
	if (!path || g_file_test(path, test))
		return TRUE;
	return check_fail(c, "kernel", key, "=%s: no such %s", path,
			  test == G_FILE_TEST_IS_DIR ? "folder" : "file");
}

/* "6.12": it becomes part of package and folder names. */
static gboolean check_version(const struct check *c, const char *key, const char *version)
{
	if (!version ||
	    g_regex_match_simple("^[0-9]+\\.[0-9]+$", version, G_REGEX_DOLLAR_ENDONLY, 0))
		return TRUE;
	return check_fail(c, "kernel", key, "=%s is no kernel version; write it as in 6.12",
			  version);
}

/* The series that exist for the version, for a message. */
static gboolean fail_series(const struct check *c, const char *folder, const char *name)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GString) known = g_string_new(NULL);
	struct nearest near = { .word = name };
	g_autofree char *hint = NULL;
	const char *base;
	GList *names = NULL;

	while (dir && (base = g_dir_read_name(dir))) {
		g_autofree char *series = g_build_filename(folder, base, "series", NULL);

		if (!g_file_test(series, G_FILE_TEST_EXISTS))
			continue;
		names = g_list_insert_sorted(names, g_strdup(base), (GCompareFunc)strcmp);
		nearest_offer(&near, base);
	}
	for (GList *at = names; at; at = at->next)
		g_string_append_printf(known, " %s", (char *)at->data);
	g_list_free_full(names, g_free);
	hint = nearest_hint(&near);
	return check_fail(c, "kernel", "series",
			  "=%s: kernel-patches/%s has no such series%s (it has:%s)", name,
			  c->s->kernel.version, hint, known->len ? known->str : " none");
}

static gboolean check_series(const struct check *c)
{
	g_autofree char *folder =
		g_build_filename(netswap_data_dir(), "kernel-patches", c->s->kernel.version, NULL);

	for (char **name = c->s->kernel.series; *name; name++) {
		g_autofree char *series = g_build_filename(folder, *name, "series", NULL);

		if (strchr(*name, '/') || **name == '.' || !g_file_test(series, G_FILE_TEST_EXISTS))
			return fail_series(c, folder, *name);
	}
	return TRUE;
}

static gboolean check_knob(const struct check *c, GPtrArray *knobs, const char *name)
{
	struct nearest near = { .word = name };
	g_autofree char *hint = NULL;

	for (guint i = 0; i < knobs->len; i++) {
		const struct knob *knob = g_ptr_array_index(knobs, i);

		if (!strcmp(knob->name, name))
			return TRUE;
		nearest_offer(&near, knob->name);
	}
	hint = nearest_hint(&near);
	return check_fail(c, "kernel", "ablate",
			  "=%s: kernel-patches/%s has no such knob%s (netswap list knobs)", name,
			  c->s->kernel.version, hint);
}

static gboolean check_ablate(const struct check *c)
{
	g_autoptr(GPtrArray) knobs = NULL;

	if (!*c->s->kernel.ablate)
		return TRUE;
	if (!g_strv_contains((const char *const *)c->s->kernel.series, KNOBS_SERIES))
		return check_fail(c, "kernel", "ablate",
				  "=%s needs a kernel with knobs; add " KNOBS_SERIES " to series",
				  *c->s->kernel.ablate);
	knobs = knobs_read(c->s->kernel.version, c->error);
	if (!knobs)
		return FALSE;
	for (char **name = c->s->kernel.ablate; *name; name++) {
		if (!check_knob(c, knobs, *name))
			return FALSE;
	}
	return TRUE;
}

/* A kernel is built from a package or a tree, or it is prebuilt: one of these. */
static gboolean check_kernel_choice(const struct check *c)
{
	const struct {
		const char *key, *value;
	} ways[] = {
		{ "image", c->s->kernel.image },
		{ "source", c->s->kernel.source },
		{ "debian", c->s->kernel.debian },
	};
	const char *chosen = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		if (ways[i].value && chosen)
			return check_fail(c, "kernel", ways[i].key,
					  " and kernel.%s exclude each other; keep one", chosen);
		if (ways[i].value)
			chosen = ways[i].key;
	}
	if (c->s->kernel.vmlinux && !c->s->kernel.image)
		return check_fail(c, "kernel", "vmlinux",
				  " needs kernel.image, the kernel it belongs to");
	if (!c->s->kernel.debian && !c->s->kernel.image)
		return TRUE;
	if (*c->s->kernel.series || *c->s->kernel.patches || *c->s->kernel.config)
		return check_fail(
			c, "kernel", chosen,
			" is a prebuilt kernel; series, patches and config cannot change it");
	return TRUE;
}

static gboolean check_kernel(const struct check *c)
{
	const struct scenario *s = c->s;

	if (!check_kernel_choice(c) || !check_version(c, "version", s->kernel.version) ||
	    !check_version(c, "debian", s->kernel.debian) ||
	    !check_exists(c, "source", s->kernel.source, G_FILE_TEST_IS_DIR) ||
	    !check_exists(c, "image", s->kernel.image, G_FILE_TEST_IS_REGULAR) ||
	    !check_exists(c, "vmlinux", s->kernel.vmlinux, G_FILE_TEST_IS_REGULAR) ||
	    !check_series(c) || !check_ablate(c))
		return FALSE;
	for (char **path = s->kernel.patches; *path; path++) {
		if (!check_exists(c, "patches", *path, G_FILE_TEST_IS_REGULAR))
			return FALSE;
	}
	for (char **path = s->kernel.config; *path; path++) {
		if (!check_exists(c, "config", *path, G_FILE_TEST_IS_REGULAR))
			return FALSE;
	}
	return TRUE;
}

static gboolean check_machine(const struct check *c)
{
	if (c->s->machine.memory_bytes % MIB)
		return check_fail(c, "machine", "memory", " is not a multiple of 1M");
	for (guint i = 0; i < c->s->machine.sysctls->len; i++) {
		const struct scenario_sysctl *sysctl = g_ptr_array_index(c->s->machine.sysctls, i);
		gsize length = strspn(sysctl->name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-.");
		g_autofree char *key = g_strconcat("sysctl.", sysctl->name, NULL);

		if (sysctl->name[length] || !strchr(sysctl->name, '.') ||
		    strstr(sysctl->name, ".."))
			return check_fail(
				c, "machine", key,
				" is no name of a sysctl; write it as in sysctl.vm.swappiness");
	}
	return TRUE;
}

/* The server's kernel serves some transports, and does so in a VM of its own. */
static gboolean check_transport(const struct check *c)
{
	gboolean by_kernel = FALSE;

	for (const struct kernel_server *k = kernel_servers; k->transport; k++)
		by_kernel |= !strcmp(k->backend, c->s->swap.backend);
	if (scenario_is_over_nbd(c->s))
		return !by_kernel ||
		       check_fail(c, "swap", "backend", "=%s serves no NBD", c->s->swap.backend);
	return c->s->link.pair ||
	       check_fail(c, "swap", "transport",
			  "=%s needs link.kind=pair: a kernel is its server", c->s->swap.transport);
}

static gboolean check_swap(const struct check *c)
{
	gboolean nbdkit = !strcmp(c->s->swap.backend, "nbdkit");

	if (!check_transport(c))
		return FALSE;
	if (c->s->machine.root_nfs3 && !c->s->link.pair)
		return check_fail(c, "machine", "root",
				  "=nfs3 needs link.kind=pair: a kernel is its server");
	if (c->s->swap.delay_ms && !nbdkit)
		return check_fail(c, "swap", "delay", " needs backend=nbdkit; %s cannot delay",
				  c->s->swap.backend);
	if (c->s->swap.rate_bytes_per_s && !nbdkit)
		return check_fail(c, "swap", "rate", " needs backend=nbdkit; %s cannot throttle",
				  c->s->swap.backend);
	if (c->s->swap.reconnect && !c->s->swap.timeout_s)
		return check_fail(
			c, "swap", "reconnect",
			" needs timeout=: requests that were in flight are sent again when it "
			"ends");
	if (c->s->swap.sync && !c->s->link.pair)
		return check_fail(c, "swap", "sync",
				  " needs link.kind=pair: elsewhere the server has no disk");
	if (c->s->swap.reconnect && c->s->swap.connections > 1)
		return check_fail(c, "swap", "reconnect", " needs connections=1");
	if (c->s->swap.size_bytes % PAGE_BYTES)
		return check_fail(c, "swap", "size", " is not a multiple of 4K");
	if (c->s->link.pair && scenario_is_over_nbd(c->s) &&
	    strcmp(c->s->swap.backend, "nbd-server"))
		return check_fail(
			c, "swap", "backend",
			"=%s does not run in a VM of its own (link.kind=pair); nbd-server does",
			c->s->swap.backend);
	return TRUE;
}

static gboolean check_pressure(const struct check *c, const struct scenario_pressure *p)
{
	g_autofree char *label = g_strconcat("pressure ", p->name, NULL);

	if (p->fio_job && !g_file_test(p->fio_job, G_FILE_TEST_IS_REGULAR))
		return check_fail(c, label, "fio_job", "=%s: no such file", p->fio_job);
	if (!strcmp(p->workload, "flood") &&
	    (p->flood.sockets < p->processes || p->flood.rate < p->processes))
		return check_fail(c, label, "processes",
				  "=%u: each needs a socket and a datagram a second of its own",
				  p->processes);
	if (c->s->machine.root_nfs3 && !strcmp(p->workload, "fio"))
		return check_fail(
			c, label, "workload",
			"=fio lies on a disk of its own: it needs machine.root=initramfs");
	if (c->s->link.pair && !strcmp(p->workload, "flood"))
		return check_fail(c, label, "workload",
				  "=flood comes over QEMU's user network: it needs link.kind=user");
	if (p->start_after_ms >= c->s->expect.deadline_s * 1000ull)
		return check_fail(c, label, "start_after", " is not before expect.deadline=%us",
				  c->s->expect.deadline_s);
	return TRUE;
}

/* All that can be swapped, and the kernel, must find room in RAM and swap together. */
static gboolean check_room(const struct check *c)
{
	guint64 room = c->s->machine.memory_bytes + c->s->swap.size_bytes;
	guint64 pressure = 0, locked = 0;
	g_autofree char *pressure_text = NULL, *kernel_text = NULL, *swap_text = NULL;
	g_autofree char *memory_text = NULL, *need_text = NULL;

	for (guint i = 0; i < c->s->pressures->len; i++) {
		const struct scenario_pressure *p = g_ptr_array_index(c->s->pressures, i);

		/* More locked memory than RAM is a way to ask for the OOM killer. */
		if (!strcmp(p->workload, "mlock"))
			locked += p->total_bytes;
		else
			pressure += p->total_bytes;
	}
	pressure += MIN(locked, c->s->machine.memory_bytes);
	if (pressure + KERNEL_SHARE_BYTES <= room)
		return TRUE;
	pressure_text = units_format_bytes(pressure);
	kernel_text = units_format_bytes(KERNEL_SHARE_BYTES);
	swap_text = units_format_bytes(c->s->swap.size_bytes);
	memory_text = units_format_bytes(c->s->machine.memory_bytes);
	need_text = units_format_bytes(pressure + KERNEL_SHARE_BYTES - c->s->machine.memory_bytes);
	return check_fail(
		c, "swap", "size",
		"=%s is too small: the pressure needs %s and the kernel %s, machine.memory is %s; "
		"write swap.size=%s or lower the pressure's total",
		swap_text, pressure_text, kernel_text, memory_text, need_text);
}

static gboolean check_pressures(const struct check *c)
{
	guint processes = 0, companions = 0;

	if (!c->s->pressures->len) {
		g_set_error(c->error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "%s: no pressure; write a section [pressure main] with total=SIZE",
			    c->file);
		return FALSE;
	}
	for (guint i = 0; i < c->s->pressures->len; i++) {
		const struct scenario_pressure *p = g_ptr_array_index(c->s->pressures, i);

		processes += p->processes;
		companions += p->companion;
		if (!check_pressure(c, p))
			return FALSE;
		if (processes > BOARD_SLOTS) {
			g_set_error(
				c->error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
				"%s: all [pressure] sections together have more than %u processes",
				p->where, BOARD_SLOTS);
			return FALSE;
		}
	}
	if (companions == c->s->pressures->len) {
		g_set_error(c->error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "%s: every pressure is a companion, which never ends; write one that "
			    "does, as [pressure main] with total=SIZE",
			    c->file);
		return FALSE;
	}
	return check_room(c);
}

gboolean scenario_check(const struct scenario *s, const struct document *doc, const char *file,
			GError **error)
{
	const struct check c = { .s = s, .doc = doc, .file = file, .error = error };

	return check_kernel(&c) && check_machine(&c) && check_swap(&c) && check_pressures(&c) &&
	       check_link(&c) && check_faults(&c);
}
