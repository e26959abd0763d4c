// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which accelerator runs the guests of this process.
 *
 * /dev/kvm says little: in a virtual machine it may exist, open, even create a
 * VM, and then never run it.  So a probe guest, a screenful of firmware,
 * must have told QEMU's isa-debug-exit device a number before a deadline.  It
 * runs in a pod, under the same user as the real guests, because that user may
 * not be allowed to open the device.
 */
#include "machine/qemu.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "machine/logtail.h"

#define PROBE_DEADLINE_MS 5000
#define FIRMWARE_BYTES	  (64 << 10)
#define RESET_OFFSET	  (FIRMWARE_BYTES - 16) /* where an x86 CPU begins */
#define PROBE_NUMBER	  0x2a
#define PROBE_STATUS	  ((PROBE_NUMBER << 1) | 1) /* as isa-debug-exit makes it */

#define FIRMWARE_LINEAR	  0xf0000 /* also visible here, below 1 MiB */

/*
 * The probe guest: from the reset vector through protected into long mode with
 * paging, count for some milliseconds, tell the number.
 *
 * It must go that far: a KVM without hardware virtualisation beneath it (seen:
 * kvm_pvm in a cloud VM) emulates real mode, so that a few instructions there
 * come to their end, and then never runs a kernel's first 64-bit instruction.
 */
extern const guint8 probe_code[], probe_code_end[];
/* clang-format off */
asm(".pushsection .rodata\n"
    ".global probe_code, probe_code_end\n"
    "probe_code:\n"
    ".code16\n"
    "	cli\n"
    "	xor	%ax, %ax\n"
    "	mov	%ax, %ds\n"
    /* The first 2 MiB map to themselves; QEMU gives zeroed memory. */
    "	movl	$0x2003, 0x1000\n"
    "	movl	$0x3003, 0x2000\n"
    "	movl	$0x0083, 0x3000\n"
    "	lgdtl	%cs:(probe_gdt_pointer - probe_code)\n"
    "	mov	$0x20, %eax\n" /* PAE */
    "	mov	%eax, %cr4\n"
    "	mov	$0x1000, %eax\n"
    "	mov	%eax, %cr3\n"
    "	mov	$0xc0000080, %ecx\n" /* EFER.LME */
    "	rdmsr\n"
    "	or	$0x100, %eax\n"
    "	wrmsr\n"
    "	mov	%cr0, %eax\n" /* PG and PE */
    "	or	$0x80000001, %eax\n"
    "	mov	%eax, %cr0\n"
    "	ljmpl	$8, $(" G_STRINGIFY(FIRMWARE_LINEAR) " + probe_long - probe_code)\n"
    ".code64\n"
    "probe_long:\n"
    "	mov	$0x400000, %ecx\n"
    "1:	dec	%ecx\n"
    "	jnz	1b\n"
    "	mov	$" G_STRINGIFY(PROBE_NUMBER) ", %al\n"
    "	out	%al, $0xf4\n"
    "2:	hlt\n"
    "	jmp	2b\n"
    ".balign 8\n"
    "probe_gdt:\n"
    "	.quad	0, 0x00af9a000000ffff\n" /* selector 8: 64-bit code */
    "probe_gdt_pointer:\n"
    "	.word	15\n"
    "	.long	" G_STRINGIFY(FIRMWARE_LINEAR) " + probe_gdt - probe_code\n"
    "probe_code_end:\n"
    ".popsection\n");
/* clang-format on */

/* ljmp to the code, which is the first thing in the firmware. */
static const guint8 reset_code[] = { 0xea, 0x00, 0x00, FIRMWARE_LINEAR >> 4 & 0xff,
				     FIRMWARE_LINEAR >> 12 };

static int new_firmware(void)
{
	ssize_t code_bytes = probe_code_end - probe_code;
	int fd = memfd_create("firmware", MFD_CLOEXEC);

	if (fd >= 0 &&
	    (ftruncate(fd, FIRMWARE_BYTES) < 0 ||
	     pwrite(fd, probe_code, code_bytes, 0) != code_bytes ||
	     pwrite(fd, reset_code, sizeof(reset_code), RESET_OFFSET) != sizeof(reset_code))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* How the probe ended: NULL when the guest ran, else why not.  Caller frees. */
static char *run_probe(struct pod *pod, int firmware_fd, int log_fd)
{
	char *const argv[] = { "qemu-system-x86_64",
			       "-nodefaults",
			       "-no-user-config",
			       "-display",
			       "none",
			       "-machine",
			       "q35",
			       "-accel",
			       "kvm",
			       "-cpu",
			       QEMU_CPU_KVM,
			       "-m",
			       "16",
			       "-bios",
			       "/proc/self/fd/3",
			       "-device",
			       "isa-debug-exit,iobase=0xf4,iosize=1",
			       "-sandbox",
			       "on,spawn=deny",
			       NULL };
	struct pod_fd fds[] = { { firmware_fd, 3 }, { -1, 0 } };
	g_autoptr(GError) error = NULL;
	g_autofree char *said = NULL;
	struct pod_child *child = pod_spawn(pod, "probe", argv, log_fd, fds, &error);

	if (!child)
		return g_strdup(error->message);
	if (!pod_wait(pod, child, PROBE_DEADLINE_MS))
		return g_strdup_printf("a probe guest did not run to its end within %d s",
				       PROBE_DEADLINE_MS / 1000);
	if (WIFEXITED(child->wait_status) && WEXITSTATUS(child->wait_status) == PROBE_STATUS)
		return NULL;
	said = log_last_line(log_fd, 0);
	return g_strdup_printf("a probe guest failed: %s", said ? said : "QEMU did not say why");
}

static char *probe_kvm(void)
{
	g_autoptr(GError) error = NULL;
	struct pod *pod = NULL;
	int firmware_fd = -1, log_fd = -1;
	char *why = NULL;

	if (access("/dev/kvm", F_OK) < 0)
		return g_strdup("this host has no /dev/kvm");
	firmware_fd = new_firmware();
	log_fd = memfd_create("log", MFD_CLOEXEC);
	pod = pod_new(NULL, NULL, &error);
	if (firmware_fd < 0 || log_fd < 0)
		why = g_strdup_printf("no memory for a probe guest: %s", g_strerror(errno));
	else if (!pod)
		why = g_strdup(error->message);
	else
		why = run_probe(pod, firmware_fd, log_fd);
	pod_free(pod);
	if (firmware_fd >= 0)
		close(firmware_fd);
	if (log_fd >= 0)
		close(log_fd);
	return why;
}

/* Why KVM does not work, or NULL; probed once per process. */
static const char *kvm_trouble(void)
{
	static gsize probed;
	static char *trouble;

	if (g_once_init_enter(&probed)) {
		trouble = probe_kvm();
		g_once_init_leave(&probed, 1);
	}
	return trouble;
}

const char *accel_choose(const char *wanted, char **reason, GError **error)
{
	const char *trouble;

	if (!strcmp(wanted, "tcg")) {
		*reason = g_strdup("tcg was asked for");
		return "tcg";
	}
	trouble = kvm_trouble();
	if (!trouble) {
		*reason = g_strdup("a probe guest ran under KVM");
		return "kvm";
	}
	if (!strcmp(wanted, "kvm")) {
		*reason = NULL;
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "machine.accel=kvm, but KVM does not work here (%s): "
			    "use accel=auto or tcg",
			    trouble);
		return NULL;
	}
	*reason = g_strdup_printf("emulated by TCG, because KVM does not work here: %s", trouble);
	return "tcg";
}
