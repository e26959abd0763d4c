// SPDX-License-Identifier: GPL-2.0-only
#include "run/script.h"

#include <board.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "machine/tsc.h"
#include "run/addresses.h"
#include "run/root.h"
#include "run/transport.h"

#define JOB_FILE  "/job-%s.fio"
#define TMPFS_DIR "/shm"
/* What busybox and its disk take, and what the min watermark may have been boosted by. */
#define SHELL_BYTES (8u << 20)

const struct image_parts script_image = {
	.own = (const struct image_own[]){ { "init", "init" },
					   { "bin/workload", "workload" },
					   { NULL, NULL } },
	.modules = (const char *const[]){ "virtio_pci", "virtio_net", "e1000", "e1000e", "8139cp",
					  "vmxnet3",		    /* its bus and NIC */
					  "virtio_blk", "squashfs", /* the disk with fio */
					  NULL },
};

/* The modules that a prebuilt kernel has for a NIC; built-in drivers ignore the line. */
static const struct {
	const char *nic, *module;
} nic_modules[] = {
	{ "virtio-net", "virtio_net" }, { "e1000", "e1000" },	  { "e1000e", "e1000e" },
	{ "rtl8139", "8139cp" },	{ "vmxnet3", "vmxnet3" },
};

static gboolean is_fio(const struct scenario_pressure *p)
{
	return !strcmp(p->workload, "fio");
}

gboolean script_needs_fio(const struct scenario *s)
{
	for (guint i = 0; i < s->pressures->len; i++) {
		if (is_fio(g_ptr_array_index(s->pressures, i)))
			return TRUE;
	}
	return FALSE;
}

static const char *nic_module(const char *nic)
{
	for (guint i = 0; i < G_N_ELEMENTS(nic_modules); i++) {
		if (!strcmp(nic_modules[i].nic, nic))
			return nic_modules[i].module;
	}
	return nic;
}

static void attach_swap(GString *script, const struct scenario *s)
{
	/* Its bus: a module in Debian's 6.1. */
	text_line(script, "modprobe virtio_pci");
	text_line(script, "modprobe %s", nic_module(s->link.nic));
	text_line(script, "ifup auto %s",
		  s->link.pair ? PAIR_GUEST_LENGTH : USER_GUEST_LENGTH " " USER_HOST_ADDRESS);
	transport_load_modules(script, script_balloon_image(s));
	transport_load_modules(script, &transport_of(s)->guest);
	transport_of(s)->attach(script, s);
}

const struct image_parts *script_balloon_image(const struct scenario *s)
{
	static const char *const modules[] = { "virtio_balloon", NULL };
	static const struct image_parts with = { .modules = modules }, without;

	return scenario_has_fault(s, FAULT_BALLOON) ? &with : &without;
}

/* What a kernel without a vmlinux of ours must tell about itself, while it can. */
static void hand_over(GString *script, const struct scenario *s, const struct kernel *kernel)
{
	text_line(script, "blob vmcoreinfo /sys/kernel/vmcoreinfo");
	if (kernel->vmlinux)
		return;
	text_line(script, "blob kallsyms /proc/kallsyms");
	text_line(script, "blob btf/vmlinux /sys/kernel/btf/vmlinux");
	if (!kernel->modules)
		return;
	for (const char *const *name = transport_of(s)->guest.modules; *name; name++)
		text_line(script, "blob btf/%1$s /sys/kernel/btf/%1$s", *name);
	text_line(script, "blob btf/%1$s /sys/kernel/btf/%1$s", nic_module(s->link.nic));
}

/* The read-only disk that has fio and busybox. */
static void mount_disk(GString *script, const char *where)
{
	text_line(script, "modprobe virtio_blk");
	text_line(script, "modprobe squashfs");
	text_line(script, "mount squashfs /dev/vda %s", where);
}

static gboolean prepare_fio(GString *script, const struct scenario_pressure *p, GError **error)
{
	g_autofree char *job = NULL;

	if (!g_file_get_contents(p->fio_job, &job, NULL, error))
		return FALSE;

	g_auto(GStrv) lines = g_strsplit(g_strchomp(job), "\n", -1);

	mount_disk(script, "/fio");
	/* A little more than the files, for what the file system itself needs. */
	text_line(script, "mount tmpfs tmpfs " TMPFS_DIR " size=%" G_GUINT64_FORMAT,
		  p->total_bytes + p->total_bytes / 8);
	text_line(script, "file " JOB_FILE " %u", p->name, g_strv_length(lines));
	for (guint i = 0; lines[i]; i++)
		text_line(script, "%s", lines[i]);
	return TRUE;
}

/* The keys of companions; each takes its own. */
static void accompany(GString *start, const struct scenario *s, const struct scenario_pressure *p)
{
	if (!strcmp(p->workload, "flood"))
		g_string_append_printf(start,
				       " peer=%s"
				       " sockets=%u rcvbuf_bytes=%u datagram_bytes=%u rate=%u",
				       transport_server_address(s), p->flood.sockets,
				       p->flood.rcvbuf_bytes, p->flood.datagram_bytes,
				       p->flood.rate);
	else
		g_string_append_printf(start, " peer=%s interval_ms=%u",
				       transport_server_address(s), p->interval_ms);
}

static gboolean start_pressure(GString *script, const struct scenario *s,
			       const struct scenario_pressure *p, guint64 seed, GError **error)
{
	g_autoptr(GString) start = g_string_new(NULL);

	if (is_fio(p) && !prepare_fio(script, p, error))
		return FALSE;
	/* fio is one process, its jobs are threads. */
	g_string_printf(start, "start %u %u %s seed=%" G_GUINT64_FORMAT,
			is_fio(p) ? 1 : p->processes, p->start_after_ms, p->workload, seed);
	if (p->companion)
		accompany(start, s, p);
	else
		g_string_append_printf(start,
				       " total_bytes=%" G_GUINT64_FORMAT
				       " passes=%u order=%s write_percent=%u",
				       p->total_bytes, p->passes,
				       p->random_order ? "random" : "sequential", p->write_percent);
	if (is_fio(p))
		g_string_append_printf(start, " jobs=%u job=" JOB_FILE " result=result/%s",
				       p->processes, p->name, p->name);
	text_line(script, "%s", start->str);
	return TRUE;
}

static void set_sysctls(GString *script, const struct scenario *s)
{
	for (guint i = 0; i < s->machine.sysctls->len; i++) {
		const struct scenario_sysctl *sysctl = g_ptr_array_index(s->machine.sysctls, i);

		text_line(script, "sysctl %s %s", sysctl->name, sysctl->value);
	}
}

/* The disk's busybox; mounted apart from fio's use of it. */
const char *const script_shell = "shell /shell/bin/busybox sh";

char *script_write_shell(const struct scenario *s)
{
	GString *script = g_string_new(NULL);

	/* First: should what follows fail, there is a shell all the same. */
	mount_disk(script, "/shell");
	attach_swap(script, s);
	set_sysctls(script, s);
	text_line(script, "%s", script_shell);
	return g_string_free(script, FALSE);
}

char *script_write(const struct scenario *s, const struct kernel *kernel, guint64 seed,
		   gboolean with_shell, GError **error)
{
	g_autoptr(GString) script = g_string_new(NULL);

	if (with_shell) {
		mount_disk(script, "/shell");
		text_line(script, "keep %u", SHELL_BYTES);
	}
	attach_swap(script, s);
	hand_over(script, s, kernel);
	root_enter(script, s);
	for (guint i = 0; i < s->pressures->len; i++) {
		if (!start_pressure(script, s, g_ptr_array_index(s->pressures, i), seed, error))
			return NULL;
	}
	/* Last, so that tight reserves press the workload and not its preparation. */
	set_sysctls(script, s);
	text_line(script, "press");

	if (script->len >= BOARD_SCRIPT_BYTES) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "%s: the guest's script takes %" G_GSIZE_FORMAT
			    " bytes, the board has room for %u; shorten the fio job or use fewer "
			    "pressures",
			    s->file, script->len, BOARD_SCRIPT_BYTES - 1);
		return NULL;
	}
	return g_string_free(g_steal_pointer(&script), FALSE);
}

char *script_base_cmdline(const struct kernel *kernel, const char *accel)
{
	GString *cmdline = g_string_new(
		/* Warnings reach the console (a failed atomic allocation is one), chatter does not.
		 */
		"console=ttyS0 loglevel=5 "
		/* Without it the initramfs would be a tmpfs, whose pages can be swapped. */
		"rootfstype=ramfs "
		/* A panicked guest stays, to be read. */
		"panic=0 "
		"nbd.nbds_max=1");

	/* What the guest would measure itself is wrong on a busy host (machine/tsc.c). */
	if (!strcmp(accel, "tcg"))
		g_string_append_printf(cmdline, " tsc_early_khz=%u", tsc_khz());
	/* Symbols as linked are only right without KASLR. */
	if (kernel->vmlinux)
		g_string_append(cmdline, " nokaslr");
	return g_string_free(cmdline, FALSE);
}

char *script_cmdline(const struct scenario *s, const struct kernel *kernel, const char *accel)
{
	g_autofree char *base = script_base_cmdline(kernel, accel);
	GString *cmdline = g_string_new(base);

	if (*s->kernel.ablate) {
		g_autofree char *names = g_strjoinv(",", s->kernel.ablate);

		g_string_append_printf(cmdline, " netswap.ablate=%s", names);
	}
	if (s->swap.zswap)
		g_string_append(cmdline, " zswap.enabled=1");
	if (*s->kernel.cmdline)
		g_string_append_printf(cmdline, " %s", s->kernel.cmdline);
	return g_string_free(cmdline, FALSE);
}

struct kernel_request script_kernel(const struct scenario *s)
{
	return (struct kernel_request){
		.version = s->kernel.version,
		.series = s->kernel.series,
		.patches = s->kernel.patches,
		.fragments = s->kernel.config,
		.nic = s->link.nic,
		.source = s->kernel.source,
		.debian = s->kernel.debian,
		.image = s->kernel.image,
		.vmlinux = s->kernel.vmlinux,
	};
}
