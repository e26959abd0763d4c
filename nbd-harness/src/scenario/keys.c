// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/keys.h"

#include <string.h>

#include <flood_wire.h>

#include "judge/facts.h"
#include "scenario/scenario.h"

#define SECOND 1000ull
#define DAY    (86400 * SECOND)
#define MIB    (1ull << 20)
#define GIB    (1ull << 30)
#define TIB    (1ull << 40)

const struct scenario_section section_table[] = {
	{ "kernel", FALSE, NULL, "which Linux runs in the guest" },
	{ "machine", FALSE, NULL, "the virtual machine and its sysctls" },
	{ "swap", FALSE, "transport", "how swap reaches the server, and the server" },
	{ "link", FALSE, NULL, "what lies between guest and server" },
	{ "pressure", TRUE, "workload", "a workload that forces reclaim; all start together" },
	{ "fault", TRUE, NULL, "a scheduled disturbance" },
	{ "expect", FALSE, NULL, "what must come out, and how long it may take" },
	{ NULL, FALSE, NULL, NULL },
};

const struct named transport_table[] = {
	{ "nbd", "network block device over TCP, attached with nbd-client" },
	{ "nfs3", "a swap file on NFSv3 over TCP (link.kind=pair)" },
	{ "nfs4", "a swap file on NFSv4 (link.kind=pair)" },
	{ "nvme-tcp", "an NVMe namespace over TCP (link.kind=pair)" },
	{ NULL, NULL },
};

const struct kernel_server kernel_servers[] = {
	{ "nfs3", "nfsd", 2049 },
	{ "nfs4", "nfsd", 2049 },
	{ "nvme-tcp", "nvmet", 4420 },
	{ NULL, NULL, 0 },
};

const struct named backend_table[] = {
	{ "nbd-server", "the reference server, one process a connection" },
	{ "nbdkit", "nbdkit with its file plugin; can delay, throttle and fail requests" },
	{ "qemu-nbd", "QEMU's server" },
	{ "nfsd", "the kernel's NFS server (transports nfs3 and nfs4)" },
	{ "nvmet", "the kernel's NVMe target (transport nvme-tcp)" },
	{ NULL, NULL },
};

const struct named nic_table[] = {
	{ "virtio-net", "paravirtual; receive buffers have no share in the reserves" },
	{ "e1000", "Intel 82540; receive buffers have no share in the reserves" },
	{ "e1000e", "Intel 82574; receive buffers may use the reserves" },
	{ "rtl8139", "Realtek 8139; receive buffers may use the reserves" },
	{ "vmxnet3", "VMware's paravirtual; only part of the receive buffers may" },
	{ NULL, NULL },
};

const struct named link_table[] = {
	{ "user", "QEMU's user network to a server beside it: no round trip worth the name" },
	{ "pair", "a wire to a second VM, in which the server runs" },
	{ NULL, NULL },
};

const struct named root_table[] = {
	{ "initramfs", "the image that it boots from, all in memory" },
	{ "nfs3", "a folder of the server's VM, over NFSv3: a diskless client" },
	{ NULL, NULL },
};

const struct named direction_table[] = {
	{ "both", "whatever crosses the link" },
	{ "out", "what the guest sends" },
	{ "in", "what the guest receives" },
	{ NULL, NULL },
};

const struct named switch_table[] = {
	{ "no", "off" },
	{ "yes", "on" },
	{ NULL, NULL },
};

const struct named watermark_table[] = {
	{ "no", "at any time" },
	{ "low", "once kswapd is to begin" },
	{ "min", "once who allocates reclaims" },
	{ NULL, NULL },
};

const struct named order_table[] = {
	{ "sequential", "page after page" },
	{ "random", "a seeded permutation of the pages" },
	{ NULL, NULL },
};

const struct named accel_table[] = {
	{ "auto", "KVM if a probe guest really runs under it, else TCG" },
	{ "kvm", "KVM or no run" },
	{ "tcg", "emulation" },
	{ NULL, NULL },
};

const struct named fault_table[FAULT_KINDS + 1] = {
	[FAULT_SERVER_STOP] = { "server-stop",
				"stop the server's whole process tree, continue it after for=" },
	[FAULT_SERVER_KILL] = { "server-kill", "kill the server" },
	[FAULT_SERVER_RESET] = { "server-reset", "end every connection; the server stays (backend "
						 "nbd-server, or pair)" },
	[FAULT_SERVER_RESTART] = { "server-restart",
				   "nobody serves for the time of for= (link.kind=pair)" },
	[FAULT_SERVER_REBOOT] = { "server-reboot",
				  "reset the server's VM, which boots anew (link.kind=pair)" },
	[FAULT_QEMU_KILL] = { "qemu-kill", "kill QEMU" },
	[FAULT_VM_STOP] = { "vm-stop", "pause the machine, continue it after for=" },
	[FAULT_SWAP_FLIP] = { "swap-flip", "flip one bit in every page of the swap image" },
	[FAULT_SWAP_EIO] = { "swap-eio",
			     "what the server reads ends with EIO (backend nbdkit, or pair)" },
	[FAULT_SWAP_ENOSPC] = { "swap-enospc",
				"what the server writes ends with ENOSPC (link.kind=pair)" },
	[FAULT_SWAP_SLOW] = { "swap-slow",
			      "the server's disk does rate= a second (link.kind=pair)" },
	[FAULT_GUEST_WRITE] = { "guest-write", "the guest's PID 1 writes value= to file=" },
	[FAULT_SWAPOFF] = { "swapoff", "the guest swaps off; when healed, on again" },
	[FAULT_CLOCK_JUMP] = { "clock-jump",
			       "the guest's wall clock jumps by jump=; when healed, back" },
	[FAULT_BALLOON] = { "balloon", "size= of the guest's memory goes into a balloon" },
	[FAULT_LINK] = { "link",
			 "delay=, loss=, ... of the link are other than usual (link.kind=pair)" },
	[FAULT_PARTITION] = { "partition", "nothing crosses the link (link.kind=pair)" },
	[FAULT_CARRIER] = { "carrier", "the guest's network card has no carrier" },
};

const struct named verdict_table[VERDICTS + 1] = {
	[VERDICT_INFRA] = { "INFRA",
			    "QEMU, server, host or build failed; the kernel is not judged" },
	[VERDICT_CRASH] = { "CRASH", "panic, oops or another splat of the kernel" },
	[VERDICT_CORRUPT] = { "CORRUPT", "a page came back different from what was written" },
	[VERDICT_DEADLOCK] = { "DEADLOCK", "waiters that wait for each other, and that persists" },
	[VERDICT_LIVELOCK] = { "LIVELOCK", "busy processors and no progress" },
	[VERDICT_IO_ERROR] = { "IO_ERROR", "the kernel gave up on swap with a healthy server" },
	[VERDICT_OOM] = { "OOM", "the OOM killer struck while swap had room" },
	[VERDICT_STARVED] = { "STARVED", "no progress because a fault is still in force" },
	[VERDICT_INCONCLUSIVE] = { "INCONCLUSIVE",
				   "too little swap traffic, or evidence is missing" },
	[VERDICT_PASS] = { "PASS", "the pressure finished and every page came back intact" },
};

/* clang-format off */
const struct scenario_key scenario_keys[] = {
	{ "kernel", "version", KEY_STRING, .fallback = "6.12",
	  .help = "Debian's linux-source package to build" },
	{ "kernel", "series", KEY_LIST, .fallback = "",
	  .help = "patch series of kernel-patches/VERSION to apply; none: stock" },
	{ "kernel", "patches", KEY_PATHS, .fallback = "", .help = "further patch files" },
	{ "kernel", "ablate", KEY_LIST, .fallback = "",
	  .help = "protections to boot without, of netswap list knobs; needs the series ablate" },
	{ "kernel", "config", KEY_PATHS, .fallback = "", .help = "further config fragments" },
	{ "kernel", "source", KEY_PATH, .help = "build this source tree instead of a package" },
	{ "kernel", "debian", KEY_STRING, .help = "run Debian's prebuilt kernel of this version" },
	{ "kernel", "image", KEY_PATH, .help = "run this bzImage" },
	{ "kernel", "vmlinux", KEY_PATH, .help = "the unstripped kernel that belongs to image" },
	{ "kernel", "cmdline", KEY_STRING, .fallback = "", .help = "appended to the kernel's command line" },

	{ "machine", "memory", KEY_BYTES, .fallback = "128M", .min = 96 * MIB, .max = 2 * GIB,
	  .help = "RAM of the guest, a multiple of 1M" },
	{ "machine", "cpus", KEY_COUNT, .fallback = "2", .min = 1, .max = 64, .help = "virtual CPUs" },
	{ "machine", "accel", KEY_CHOICE, accel_table, .fallback = "auto", .help = "accelerator" },
	{ "machine", "root", KEY_CHOICE, root_table, .fallback = "initramfs", .later = TRUE, .help = "where the guest's programs lie" },
	{ "machine", "sysctl.*", KEY_STRING, .help = "a sysctl set before swapon, as in sysctl.vm.swappiness=60" },

	{ "swap", "transport", KEY_CHOICE, transport_table, .fallback = "nbd", .help = "how swap reaches the server" },
	{ "swap", "backend", KEY_CHOICE, backend_table, .fallback = "nbd-server", .only = "nbd", .help = "the server program" },
	{ "swap", "size", KEY_BYTES, .fallback = "1G", .min = 4 * MIB, .max = 64 * GIB, .help = "size of the export" },
	{ "swap", "port", KEY_COUNT, .fallback = "10809", .min = 1, .max = 65535, .only = "nbd",
	  .help = "TCP port inside the run's private network" },
	{ "swap", "connections", KEY_COUNT, .fallback = "1", .min = 1, .max = 16, .help = "connections to the server" },
	{ "swap", "minorversion", KEY_COUNT, .fallback = "2", .max = 2, .only = "nfs4", .help = "of NFSv4" },
	{ "swap", "zswap", KEY_CHOICE, switch_table, .fallback = "no", .later = TRUE,
	  .help = "compressed pages stay in RAM before they go out; needs a kernel with CONFIG_ZSWAP" },
	{ "swap", "timeout", KEY_DURATION, .fallback = "0", .max = DAY, .only = "nbd",
	  .help = "nbd-client's timeout, whole seconds; 0: wait for ever" },
	{ "swap", "reconnect", KEY_CHOICE, switch_table, .fallback = "no", .only = "nbd",
	  .help = "a process of the guest connects anew when the connection ends; needs timeout" },
	{ "swap", "sync", KEY_CHOICE, switch_table, .fallback = "no", .later = TRUE, .only = "nbd",
	  .help = "nbd-server's option of that name: on its disk before it answers (link.kind=pair)" },
	{ "swap", "delay", KEY_DURATION, .fallback = "0", .max = 60 * SECOND, .only = "nbd",
	  .help = "added to each request (backend nbdkit)" },
	{ "swap", "rate", KEY_BYTES, .fallback = "0", .max = TIB, .only = "nbd",
	  .help = "limit per second, in each direction (backend nbdkit); 0: none" },

	{ "link", "kind", KEY_CHOICE, link_table, .fallback = "user", .later = TRUE, .help = "what lies between guest and server" },
	{ "link", "server_cmdline", KEY_STRING, .fallback = "", .later = TRUE,
	  .help = "appended to the command line of the server's kernel (link.kind=pair)" },
	{ "link", "nic", KEY_CHOICE, nic_table, .fallback = "virtio-net", .help = "network card of the guest" },
	{ "link", "pcap", KEY_CHOICE, switch_table, .fallback = "no",
	  .help = "record the headers of all that crosses the link, in link.pcap" },
	{ "link", "delay", KEY_DURATION, .fallback = "0", .max = 60 * SECOND, .later = TRUE, .help = "added in each direction, so half a round trip (link.kind=pair, as those below)" },
	{ "link", "jitter", KEY_DURATION, .fallback = "0", .max = 60 * SECOND, .later = TRUE, .help = "of the delay, plus or minus" },
	{ "link", "loss", KEY_PERCENT, .fallback = "0%", .later = TRUE, .help = "share of the frames that are lost" },
	{ "link", "duplicate", KEY_PERCENT, .fallback = "0%", .later = TRUE, .help = "share that arrive twice" },
	{ "link", "reorder", KEY_PERCENT, .fallback = "0%", .later = TRUE, .help = "share that overtake the others; needs delay" },
	{ "link", "corrupt", KEY_PERCENT, .fallback = "0%", .later = TRUE, .help = "share that arrive with a bit flipped" },
	{ "link", "rate", KEY_BYTES, .fallback = "0", .max = TIB, .later = TRUE, .help = "limit per second; 0: none" },

	{ "pressure", "workload", KEY_CHOICE, workload_table, .fallback = "anon", .help = "what presses" },
	{ "pressure", "processes", KEY_COUNT, .fallback = "4", .min = 1, .max = 256, .help = "how many of it" },
	{ "pressure", "total", KEY_BYTES, .required = TRUE, .min = MIB, .max = TIB, .only = "anon,mlock,fio",
	  .help = "memory over all its processes" },
	{ "pressure", "passes", KEY_COUNT, .fallback = "2", .min = 1, .max = 1000000, .only = "anon,mlock,fio",
	  .help = "how often all of it is touched: the first fills, the last verifies" },
	{ "pressure", "order", KEY_CHOICE, order_table, .fallback = "sequential", .only = "anon,mlock,fio",
	  .help = "order of the touches" },
	{ "pressure", "writes", KEY_PERCENT, .fallback = "100%", .only = "anon,mlock,fio",
	  .help = "share of the pages rewritten between the first pass, which fills, and the last, which verifies" },
	{ "pressure", "start_after", KEY_DURATION, .fallback = "0", .max = DAY, .help = "delay of its start" },
	{ "pressure", "fio_job", KEY_PATH, .required = TRUE, .only = "fio", .help = "job file" },
	{ "pressure", "sockets", KEY_COUNT, .fallback = "200", .min = 1, .max = FLOOD_SOCKETS_MAX, .only = "flood",
	  .help = "how many are flooded, over all its processes" },
	{ "pressure", "rcvbuf", KEY_BYTES, .fallback = "160K", .min = 4096, .max = 64 * MIB, .only = "flood",
	  .help = "what each of them takes in, as the kernel counts it" },
	{ "pressure", "datagram", KEY_BYTES, .fallback = "1472B", .min = 1, .max = FLOOD_DATAGRAM_BYTES,
	  .only = "flood", .help = "size of a datagram, without headers" },
	{ "pressure", "rate", KEY_COUNT, .fallback = "2000", .min = 1, .max = FLOOD_RATE_MAX, .only = "flood",
	  .help = "datagrams a second, to all of them in turn" },
	{ "pressure", "interval", KEY_DURATION, .fallback = "20ms", .max = 60 * SECOND, .only = "churn,neigh",
	  .help = "pause between two rounds of each of its processes" },

	{ "fault", "kind", KEY_CHOICE, fault_table, .required = TRUE, .help = "what happens" },
	{ "fault", "at", KEY_DURATION, .fallback = "0", .max = DAY, .help = "when, after the pressure began" },
	{ "fault", "for", KEY_DURATION, .fallback = "0", .max = DAY, .help = "healed after this time; 0: never" },
	{ "fault", "within", KEY_DURATION, .fallback = "0", .max = DAY, .later = TRUE, .help = "drawn by the seed, a moment of this time after at= instead" },
	{ "fault", "chance", KEY_PERCENT, .fallback = "100%", .later = TRUE, .help = "share of the seeds that have it at all" },
	{ "fault", "after_swap_out", KEY_BYTES, .fallback = "0", .max = TIB,
	  .help = "not before so much was swapped out" },
	{ "fault", "free_below", KEY_CHOICE, watermark_table, .fallback = "no", .later = TRUE,
	  .help = "not before fewer pages are free than this watermark" },
	{ "fault", "jump", KEY_DURATION, .fallback = "0", .max = 365 * DAY, .later = TRUE,
	  .help = "whole seconds (kind clock-jump)" },
	{ "fault", "size", KEY_BYTES, .fallback = "0", .max = TIB, .later = TRUE,
	  .help = "taken from the guest, a multiple of 1M (kind balloon)" },
	{ "fault", "file", KEY_STRING, .help = "absolute path in the guest (kind guest-write)" },
	{ "fault", "value", KEY_STRING, .help = "text written there (kind guest-write)" },
	{ "fault", "heal_value", KEY_STRING, .help = "text written there when it is healed; needs for (kind guest-write)" },
	{ "fault", "direction", KEY_CHOICE, direction_table, .fallback = "both", .later = TRUE, .help = "of kinds link and partition" },
	{ "fault", "delay", KEY_DURATION, .fallback = "0", .max = 60 * SECOND, .later = TRUE, .help = "added in each direction that it has (kind link, as those below)" },
	{ "fault", "jitter", KEY_DURATION, .fallback = "0", .max = 60 * SECOND, .later = TRUE, .help = "of the delay, plus or minus" },
	{ "fault", "loss", KEY_PERCENT, .fallback = "0%", .later = TRUE, .help = "share of the frames that are lost" },
	{ "fault", "duplicate", KEY_PERCENT, .fallback = "0%", .later = TRUE, .help = "share that arrive twice" },
	{ "fault", "reorder", KEY_PERCENT, .fallback = "0%", .later = TRUE, .help = "share that overtake the others; needs delay" },
	{ "fault", "corrupt", KEY_PERCENT, .fallback = "0%", .later = TRUE, .help = "share that arrive with a bit flipped" },
	{ "fault", "rate", KEY_BYTES, .fallback = "0", .max = TIB, .later = TRUE, .help = "limit per second; 0: none (also of kind swap-slow)" },

	{ "expect", "verdict", KEY_CHOICE, verdict_table, .fallback = "PASS", .help = "the verdict that is right here" },
	{ "expect", "floor_out", KEY_BYTES, .max = TIB,
	  .help = "swapped out at least, for a PASS; unset: what does not fit in RAM, each pass after the first" },
	{ "expect", "floor_in", KEY_BYTES, .max = TIB, .help = "swapped in at least, likewise" },
	{ "expect", "deadline", KEY_DURATION, .fallback = "300s", .min = SECOND, .max = DAY,
	  .help = "fair time for the pressure, whole seconds" },
	{ .section = NULL },
};
/* clang-format on */

const struct scenario_key *scenario_key_find(const char *section, const char *name)
{
	for (const struct scenario_key *key = scenario_keys; key->section; key++) {
		gsize length = strlen(key->name);

		if (strcmp(key->section, section))
			continue;
		if (!strcmp(key->name, name))
			return key->name[length - 1] == '*' ? NULL : key;
		if (key->name[length - 1] == '*' && !strncmp(key->name, name, length - 1) &&
		    name[length - 1])
			return key;
	}
	return NULL;
}

gboolean scenario_key_applies(const struct scenario_key *key, const char *choice)
{
	g_auto(GStrv) having = key->only ? g_strsplit(key->only, ",", -1) : NULL;

	return !having || g_strv_contains((const char *const *)having, choice);
}

const char *scenario_key_type_name(enum scenario_key_type type)
{
	static const char *const names[] = {
		[KEY_STRING] = "string",      [KEY_PATH] = "path",	   [KEY_PATHS] = "paths",
		[KEY_BYTES] = "size",	      [KEY_DURATION] = "duration", [KEY_COUNT] = "count",
		[KEY_PERCENT] = "percentage", [KEY_CHOICE] = "choice",	   [KEY_LIST] = "list",
	};

	return names[type];
}

const struct scenario_section *section_find(const char *name)
{
	for (const struct scenario_section *section = section_table; section->name; section++) {
		if (!strcmp(section->name, name))
			return section;
	}
	return NULL;
}

const struct named *named_find(const struct named *table, const char *name)
{
	for (; table->name; table++) {
		if (!strcmp(table->name, name))
			return table;
	}
	return NULL;
}
