// SPDX-License-Identifier: GPL-2.0-only
#include "run/boot.h"

#include "build/image.h"
#include "run/peer_script.h"
#include "run/root.h"
#include "run/script.h"
#include "run/transport.h"

static char *kernel_name(const struct scenario *s, const struct kernel *kernel)
{
	g_autofree char *knobs = g_strjoinv(",", s->kernel.ablate);

	return *knobs ? g_strdup_printf("%s without %s", kernel->name, knobs)
		      : g_strdup(kernel->name);
}

static gboolean obtain_peer(const struct scenario *s, struct boot *boot, GError **error)
{
	struct kernel_request request = peer_kernel();
	struct boot_peer *peer = &boot->peer;

	peer->kernel = kernel_obtain(&request, error);
	const struct image_parts *const parts[] = { &peer_image, &transport_of(s)->server,
						    root_server_image(s), NULL };

	peer->initrd = peer->kernel ? image_initramfs(peer->kernel, parts, error) : NULL;
	if (!peer->initrd)
		return FALSE;
	peer->cmdline = peer_cmdline(s, peer->kernel, boot->accel);
	peer->script = peer_script_write(s);
	peer->stop = transport_of(s)->stop;
	peer->start = transport_of(s)->start;
	return TRUE;
}

/* The scenario's wishes that not every kernel can fulfil. */
static gboolean check_kernel(const struct scenario *s, const struct kernel *kernel, GError **error)
{
	static const char *const zswap[] = { "CONFIG_ZSWAP", NULL };
	static const char *const balloon[] = { "CONFIG_VIRTIO_BALLOON", NULL };

	return transport_check_kernel(transport_of(s), kernel, error) &&
	       root_check_kernel(s, kernel, error) &&
	       (!s->swap.zswap ||
		transport_check_options("swap.zswap=yes", zswap, kernel, error)) &&
	       (!scenario_has_fault(s, FAULT_BALLOON) ||
		transport_check_options("a fault of kind balloon", balloon, kernel, error));
}

gboolean boot_obtain(const struct scenario *s, gboolean want_disk, struct boot *boot,
		     GError **error)
{
	struct kernel_request request = script_kernel(s);
	const struct image_parts *const parts[] = { &script_image, &transport_of(s)->guest,
						    script_balloon_image(s), root_guest_image(s),
						    NULL };

	*boot = (struct boot){ .kernel = kernel_obtain(&request, error) };
	if (!boot->kernel || !check_kernel(s, boot->kernel, error))
		return FALSE;
	boot->kernel_name = kernel_name(s, boot->kernel);
	boot->initrd = image_initramfs(boot->kernel, parts, error);
	if (!boot->initrd)
		return FALSE;
	if ((want_disk || script_needs_fio(s)) && !(boot->extra_image = image_fio(error)))
		return FALSE;
	boot->accel = accel_choose(s->machine.accel, &boot->accel_reason, error);
	if (!boot->accel)
		return FALSE;
	boot->cmdline = script_cmdline(s, boot->kernel, boot->accel);
	return !s->link.pair || obtain_peer(s, boot, error);
}

void boot_clear(struct boot *boot)
{
	g_clear_pointer(&boot->kernel, kernel_free);
	g_clear_pointer(&boot->kernel_name, g_free);
	g_clear_pointer(&boot->initrd, g_free);
	g_clear_pointer(&boot->extra_image, g_free);
	g_clear_pointer(&boot->cmdline, g_free);
	g_clear_pointer(&boot->accel_reason, g_free);
	g_clear_pointer(&boot->peer.kernel, kernel_free);
	g_clear_pointer(&boot->peer.initrd, g_free);
	g_clear_pointer(&boot->peer.cmdline, g_free);
	g_clear_pointer(&boot->peer.script, g_free);
}

struct machine_config boot_machine_config(const struct boot *boot)
{
	return (struct machine_config){
		.kernel_image = boot->kernel->image,
		.initrd = boot->initrd,
		.extra_image = boot->extra_image,
		.cmdline = boot->cmdline,
		.accel = boot->accel,
		.peer = {
			.kernel_image = boot->peer.kernel ? boot->peer.kernel->image : NULL,
			.initrd = boot->peer.initrd,
			.cmdline = boot->peer.cmdline,
			.script = boot->peer.script,
			.stop = boot->peer.stop,
			.start = boot->peer.start,
			.console_fd = -1,
		},
		.console_fd = -1,
		.qemu_log_fd = -1,
		.server_log_fd = -1,
		.pcap_fd = -1,
	};
}
