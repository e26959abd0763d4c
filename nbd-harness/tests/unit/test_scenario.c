// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scenario reader: every error with its place, overrides, and the round
 * trip through the normalized text.  Runs in a temporary data folder, so that
 * it depends on no patch series of the tree; test_shipped.c loads the shipped ones.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "scenario/keys.h"
#include "scenario/scenario.h"

/* Line 1 is the comment, 2 [pressure main], 3 total. */
#define SMALL "# Small\n[pressure main]\ntotal=64M\n"

static struct scenario *parse(const char *text, char **sets)
{
	g_autoptr(GError) error = NULL;
	struct scenario *s = scenario_parse(text, strlen(text), "t.scn", sets, &error);

	g_assert_no_error(error);
	g_assert_nonnull(s);
	return s;
}

static void refuses_with(const char *text, char **sets, const char *message)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(scenario_parse(text, strlen(text), "t.scn", sets, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE);
	g_assert_cmpstr(error->message, ==, message);
}

static void refuses(const char *text, const char *message)
{
	refuses_with(text, NULL, message);
}

static void refuses_set(const char *text, const char *set, const char *message)
{
	char *sets[] = { (char *)set, NULL };

	refuses_with(text, sets, message);
}

static void test_defaults(void)
{
	SCOPED(scenario) s = parse(SMALL, NULL);
	const struct scenario_pressure *p = g_ptr_array_index(s->pressures, 0);

	g_assert_cmpstr(s->name, ==, "t");
	g_assert_cmpstr(s->about, ==, "Small");
	g_assert_cmpstr(s->kernel.version, ==, "6.12");
	g_assert_cmpuint(g_strv_length(s->kernel.series), ==, 0);
	g_assert_null(s->kernel.debian);
	g_assert_cmpuint(s->machine.memory_bytes, ==, 128 << 20);
	g_assert_cmpuint(s->machine.cpus, ==, 2);
	g_assert_cmpstr(s->machine.accel, ==, "auto");
	g_assert_cmpstr(s->swap.backend, ==, "nbd-server");
	g_assert_cmpuint(s->swap.port, ==, 10809);
	g_assert_cmpuint(s->swap.timeout_s, ==, 0);
	g_assert_cmpstr(s->link.nic, ==, "virtio-net");
	g_assert_false(s->link.pcap);
	g_assert_cmpuint(p->total_bytes, ==, 64 << 20);
	g_assert_cmpuint(p->write_percent, ==, 100);
	g_assert_false(p->random_order);
	g_assert_cmpstr(p->where, ==, "t.scn:2");
	g_assert_cmpint(s->expect.verdict, ==, VERDICT_PASS);
	g_assert_cmpint(s->expect.floor_out_bytes, ==, -1);
	g_assert_cmpuint(s->expect.deadline_s, ==, 300);
}

static void test_values(void)
{
	SCOPED(scenario)
	s = parse("# SPDX-License-Identifier: GPL-2.0-only\n#\n; About it\n#More\n"
		  "[machine]\n cpus = 4 \nsysctl.vm.swappiness=60\n"
		  "sysctl.kernel.core_pattern=|/bin/false x\n"
		  "[swap]\nbackend=nbdkit\ndelay=50ms\nrate=2M\ntimeout=1min\n"
		  "[link]\nnic=e1000e\npcap=yes\n"
		  "[fault late]\nkind=server-stop\nat=9s\nfor=2s\n"
		  "[fault early]\nkind=guest-write\nat=1s\nfile=/proc/x\nvalue=a b\n"
		  "[pressure a]\ntotal=64M\norder=random\nwrites=25%\n"
		  "[pressure b]\nworkload=mlock\ntotal=8M\n"
		  "[expect]\nverdict=OOM\nfloor_in=4M\n",
		  NULL);
	const struct scenario_sysctl *sysctl = g_ptr_array_index(s->machine.sysctls, 1);
	const struct scenario_fault *early = g_ptr_array_index(s->faults, 0);
	const struct scenario_fault *late = g_ptr_array_index(s->faults, 1);
	const struct scenario_pressure *a = g_ptr_array_index(s->pressures, 0);

	g_assert_cmpstr(s->about, ==, "About it");
	g_assert_cmpuint(s->machine.cpus, ==, 4);
	g_assert_cmpstr(sysctl->name, ==, "kernel.core_pattern");
	g_assert_cmpstr(sysctl->value, ==, "|/bin/false x");
	g_assert_cmpuint(s->swap.delay_ms, ==, 50);
	g_assert_cmpuint(s->swap.rate_bytes_per_s, ==, 2 << 20);
	g_assert_cmpuint(s->swap.timeout_s, ==, 60);
	g_assert_true(s->link.pcap);
	g_assert_cmpstr(early->name, ==, "early");
	g_assert_cmpint(early->kind, ==, FAULT_GUEST_WRITE);
	g_assert_cmpstr(early->value, ==, "a b");
	g_assert_cmpuint(late->for_ms, ==, 2000);
	g_assert_true(a->random_order);
	g_assert_cmpuint(a->write_percent, ==, 25);
	g_assert_cmpint(s->expect.verdict, ==, VERDICT_OOM);
	g_assert_cmpint(s->expect.floor_in_bytes, ==, 4 << 20);
}

#define FLOOD "[pressure x]\nworkload=flood\n"

/* Companions: keys of their own, and none of those that say how much is pressed. */
static void test_companions(void)
{
	SCOPED(scenario) s = parse(SMALL FLOOD "sockets=300\ndatagram=1K\n", NULL);
	const struct scenario_pressure *flood = g_ptr_array_index(s->pressures, 1);

	g_assert_true(flood->companion);
	g_assert_cmpuint(flood->flood.sockets, ==, 300);
	g_assert_cmpuint(flood->flood.rcvbuf_bytes, ==, 160 << 10);
	g_assert_cmpuint(flood->flood.datagram_bytes, ==, 1024);
	g_assert_cmpuint(flood->flood.rate, ==, 2000);
	/* The record names each section's own keys, and no others. */
	g_assert_nonnull(strstr(s->text, "workload=flood\nprocesses=4\nstart_after=0\n"
					 "sockets=300\nrcvbuf=160K\ndatagram=1K\nrate=2000\n"));
	g_assert_null(strstr(strstr(s->text, "workload=flood"), "total="));

	refuses(SMALL FLOOD "total=1M\n",
		"t.scn:6: pressure x.total needs workload=anon|mlock|fio, not flood");
	refuses(SMALL "sockets=3\n",
		"t.scn:4: pressure main.sockets needs workload=flood, not anon");
	refuses(SMALL FLOOD "sockets=3\n",
		"t.scn:4: pressure x.processes=4: each needs a socket and a datagram a second of "
		"its own");
	refuses(SMALL FLOOD "datagram=1473B\n",
		"t.scn:6: pressure x.datagram=1473B is outside 1B to 1472B");
	refuses(FLOOD,
		"t.scn: every pressure is a companion, which never ends; write one that does, as "
		"[pressure main] with total=SIZE");
}

static void test_syntax(void)
{
	refuses("total=1M\n", "t.scn:1: key total stands before the first [SECTION]");
	refuses("[machine]\nmemory\n", "t.scn:2: memory is neither [SECTION] nor KEY=VALUE");
	refuses("[machine\n",
		"t.scn:1: [machine is not a section; write [SECTION] alone on its line");
	refuses("[machine] x\n",
		"t.scn:1: [machine] x is not a section; write [SECTION] alone on its line");
	refuses("[machin]\n", "t.scn:1: unknown section [machin]; did you mean machine?");
	refuses("[machine one]\n", "t.scn:1: [machine] takes no name; write [machine]");
	refuses("[pressure]\n", "t.scn:1: [pressure] needs a name; write [pressure main]");
	refuses("[pressure a/b]\n",
		"t.scn:1: section name a/b may hold only letters, digits, - and _, 32 at most");
	refuses("[link]\n\n[link]\n",
		"t.scn:3: section [link] is already at t.scn:1; merge the two");
	refuses("[machine]\ncpus=1\ncpus=1\n",
		"t.scn:3: key machine.cpus is already at t.scn:2; keep one");
	refuses("[machine]\nmemroy=1M\n",
		"t.scn:2: unknown key machine.memroy; did you mean memory?");
	refuses("[swap]\nnic=e1000\n", "t.scn:2: unknown key swap.nic; nic belongs to [link]");
	refuses("[machine]\nsysctl.=1\n", "t.scn:2: unknown key machine.sysctl.");
	refuses("[machine]\ncpus=\n" SMALL, "t.scn:2: machine.cpus has no value");
	refuses("\n\xff\n", "t.scn:2: byte 0xff is no text; write UTF-8");
	refuses("[link]\n\x1b[0m\n", "t.scn:2: byte 0x1b is no text; write UTF-8");
	refuses("# nothing\n",
		"t.scn: no pressure; write a section [pressure main] with total=SIZE");
	refuses("[pressure a]\n",
		"t.scn:1: section [pressure a] needs total= (memory over all its processes)");
}

static void test_ranges(void)
{
	refuses(SMALL "[machine]\nmemory=128\n",
		"t.scn:5: machine.memory=128 has no unit; write 128M");
	refuses(SMALL "[machine]\nmemory=64M\n",
		"t.scn:5: machine.memory=64M is outside 96M to 2G");
	refuses(SMALL "[machine]\nmemory=131073K\n",
		"t.scn:5: machine.memory is not a multiple of 1M");
	refuses(SMALL "[machine]\ncpus=0\n", "t.scn:5: machine.cpus=0 is outside 1 to 64");
	refuses(SMALL "[machine]\nsysctl.swappiness=1\n",
		"t.scn:5: machine.sysctl.swappiness is no name of a sysctl; write it as in "
		"sysctl.vm.swappiness");
	refuses(SMALL "[machine]\naccel=kmv\n",
		"t.scn:5: machine.accel=kmv is none of auto, kvm, tcg; did you mean kvm?");
	refuses(SMALL "[swap]\ntimeout=1500ms\n",
		"t.scn:5: swap.timeout=1500ms is not whole seconds");
	refuses(SMALL "processes=257\n",
		"t.scn:4: pressure main.processes=257 is outside 1 to 256");
	refuses(SMALL "[kernel]\nversion=6.12.1\n",
		"t.scn:5: kernel.version=6.12.1 is no kernel version; write it as in 6.12");
	refuses(SMALL "[kernel]\nseries=fix,,x\n",
		"t.scn:5: kernel.series=fix,,x has an empty item");
	refuses(SMALL "[kernel]\nseries=ablate\nablate=slab,skbdrop\n",
		"t.scn:6: kernel.ablate=skbdrop: kernel-patches/6.12 has no such knob; did you "
		"mean "
		"skb_drop? (netswap list knobs)");
}

#define PAIR SMALL "[link]\nkind=pair\n"

static void test_link_faults(void)
{
	g_autofree char *ok = g_strconcat(
		PAIR "delay=5ms\n[fault a]\nkind=link\njitter=2ms\nfor=2s\n[fault b]\nkind=link\n"
		     "loss=5%\nfor=2s\n[fault c]\nkind=link\njitter=3ms\nat=2s\nfor=2s\n"
		     "[fault d]\nkind=partition\ndirection=in\nat=1s\nfor=1s\n"
		     "[fault e]\nkind=carrier\nat=1s\nfor=1s\n",
		NULL);
	struct scenario *s = parse(ok, NULL);

	g_assert_cmpuint(s->link.shape.delay_ms, ==, 5);
	scenario_free(s);
	refuses(SMALL "[link]\nloss=5%\n", "t.scn:5: link.loss needs kind=pair");
	refuses(SMALL "[link]\nserver_cmdline=quiet\n",
		"t.scn:5: link.server_cmdline needs kind=pair");
	refuses(PAIR "jitter=5ms\n", "t.scn:6: link.jitter needs a delay");
	refuses(SMALL "[fault x]\nkind=partition\nfor=2s\n",
		"t.scn:5: fault x.kind=partition needs link.kind=pair");
	refuses(PAIR "[fault x]\nkind=link\nfor=2s\n",
		"t.scn:7: fault x.kind=link needs what is different: delay, jitter, loss, "
		"duplicate, reorder, corrupt or rate");
	refuses(PAIR "corrupt=1%\n",
		"t.scn:6: link.corrupt is possible in a fault with direction=in only: the other "
		"way no checksum would see it");
	refuses(PAIR "[fault x]\nkind=link\ncorrupt=1%\ndirection=out\n",
		"t.scn:8: fault x.corrupt is possible in a fault with direction=in only: the "
		"other way no checksum would see it");
	refuses(PAIR "[fault x]\nkind=carrier\nloss=2%\n",
		"t.scn:8: fault x.loss needs kind=link, not carrier");
	refuses(PAIR "[fault x]\nkind=server-kill\ndirection=in\n",
		"t.scn:8: fault x.direction needs kind=link or partition, not server-kill");
	refuses(PAIR "[fault x]\nkind=link\nloss=2%\nfor=3s\n[fault y]\nkind=link\nloss=5%\n"
		     "at=2s\nfor=1s\n",
		"t.scn:12: fault y.loss contradicts [fault x], which is in force at the same time "
		"in the same direction");
	refuses(PAIR "[fault x]\nkind=partition\nafter_swap_out=1M\nfor=1s\n[fault y]\n"
		     "kind=partition\nat=9s\nfor=1s\n",
		"t.scn:11: fault y.kind contradicts [fault x], which is in force at the same time "
		"in the same direction");
	refuses(PAIR "[fault x]\nkind=server-stop\nfor=3s\n[fault y]\nkind=partition\nat=2s\n"
		     "for=1s\n",
		"t.scn:10: fault y.kind=partition is done by the server's VM, which [fault x] "
		"holds up at that time");
}

#define OVER(transport) PAIR "[swap]\ntransport=" transport "\n" /* lines 6 and 7 */

/* Each transport has its own keys; the server that goes with it, and its port, are no keys. */
static void test_transports(void)
{
	static const struct {
		const char *text, *backend;
		guint port;
	} servers[] = {
		{ OVER("nfs3"), "nfsd", 2049 },
		{ OVER("nfs4"), "nfsd", 2049 },
		{ OVER("nvme-tcp"), "nvmet", 4420 },
		{ OVER("nbd"), "nbd-server", 10809 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(servers); i++) {
		SCOPED(scenario) s = parse(servers[i].text, NULL);
		SCOPED(scenario) again = parse(s->text, NULL);

		g_assert_cmpstr(s->swap.backend, ==, servers[i].backend);
		g_assert_cmpuint(s->swap.port, ==, servers[i].port);
		g_assert_cmpstr(again->swap.transport, ==, s->swap.transport);
		g_assert_cmpstr(again->text, ==, s->text);
	}
	SCOPED(scenario) four = parse(OVER("nfs4") "minorversion=0\nconnections=3\n", NULL);

	g_assert_cmpuint(four->swap.minorversion, ==, 0);
	g_assert_cmpuint(four->swap.connections, ==, 3);

	refuses(OVER("nfs4") "port=2050\n", "t.scn:8: swap.port needs transport=nbd, not nfs4");
	refuses(OVER("nvme-tcp") "backend=nvmet\n",
		"t.scn:8: swap.backend needs transport=nbd, not nvme-tcp");
	refuses(OVER("nfs3") "minorversion=1\n",
		"t.scn:8: swap.minorversion needs transport=nfs4, not nfs3");
	refuses(SMALL "[swap]\nminorversion=1\n",
		"t.scn:5: swap.minorversion needs transport=nfs4, not nbd");
	/* Whichever of the two lines comes first. */
	refuses(PAIR "[swap]\nreconnect=yes\ntransport=nfs3\n",
		"t.scn:7: swap.reconnect needs transport=nbd, not nfs3");
	refuses_set(OVER("nfs3"), "swap.timeout=5s",
		    "--set: swap.timeout needs transport=nbd, not nfs3");
	refuses(OVER("nfs4") "minorversion=3\n", "t.scn:8: swap.minorversion=3 is outside 0 to 2");
	refuses(OVER("nfs5"), "t.scn:7: swap.transport=nfs5 is none of nbd, nfs3, nfs4, nvme-tcp; "
			      "did you mean nfs3?");

	refuses(SMALL "[swap]\ntransport=nfs3\n",
		"t.scn:5: swap.transport=nfs3 needs link.kind=pair: a kernel is its server");
	refuses(SMALL "[link]\nkind=user\n[swap]\ntransport=nvme-tcp\n",
		"t.scn:7: swap.transport=nvme-tcp needs link.kind=pair: a kernel is its server");
	refuses(SMALL "[swap]\nbackend=nfsd\n", "t.scn:5: swap.backend=nfsd serves no NBD");
	refuses(PAIR "[swap]\nbackend=nvmet\n", "t.scn:7: swap.backend=nvmet serves no NBD");

	refuses(OVER("nfs4") "[fault x]\nkind=swap-flip\n",
		"t.scn:9: fault x.kind=swap-flip would damage the file system that nfsd serves "
		"from");
}

/* A fault of the guest's own that is healed. */
#define WRITES(name, file)                                                                         \
	"[fault " name "]\nkind=guest-write\nfile=" file "\nvalue=0\nheal_value=1\nfor=5s\n"

static void test_contradictions(void)
{
	refuses(SMALL "[kernel]\nseries=fix\nablate=gfp\n",
		"t.scn:6: kernel.ablate=gfp needs a kernel with knobs; add ablate to series");
	refuses("[pressure a]\ntotal=512M\n[swap]\nsize=256M\n",
		"t.scn:4: swap.size=256M is too small: the pressure needs 512M and the kernel 64M, "
		"machine.memory is 128M; write swap.size=448M or lower the pressure's total");
	refuses(SMALL "[swap]\ndelay=5ms\n",
		"t.scn:5: swap.delay needs backend=nbdkit; nbd-server cannot delay");
	refuses(SMALL "[swap]\nbackend=qemu-nbd\nrate=5M\n",
		"t.scn:6: swap.rate needs backend=nbdkit; qemu-nbd cannot throttle");
	refuses(SMALL "[fault x]\nkind=swap-eio\n",
		"t.scn:5: fault x.kind=swap-eio needs swap.backend=nbdkit or link.kind=pair; "
		"nbd-server cannot fail requests");
	refuses(SMALL "[fault x]\nkind=server-reset\n[swap]\nbackend=qemu-nbd\n",
		"t.scn:5: fault x.kind=server-reset needs swap.backend=nbd-server, which has a "
		"process for each connection; qemu-nbd has not");
	refuses(SMALL "[link]\nkind=pair\n[fault x]\nkind=server-reset\n",
		"t.scn:7: fault x.kind=server-reset needs swap.reconnect=yes: nobody else "
		"connects anew");
	refuses(SMALL "[fault x]\nkind=server-restart\nfor=1s\n",
		"t.scn:5: fault x.kind=server-restart needs link.kind=pair");
	refuses(SMALL "[link]\nkind=pair\n[fault x]\nkind=swap-slow\n",
		"t.scn:7: fault x.kind=swap-slow needs rate= and no other key");
	refuses(SMALL "[link]\nkind=pair\n[fault a]\nkind=server-stop\nfor=3s\n"
		      "[fault b]\nkind=partition\nat=1s\nfor=1s\n",
		"t.scn:10: fault b.kind=partition is done by the server's VM, which [fault a] "
		"holds up at that time");
	refuses(SMALL "[link]\nkind=pair\n[fault a]\nkind=swap-eio\nfor=3s\n"
		      "[fault b]\nkind=swap-enospc\nat=1s\nfor=1s\n",
		"t.scn:10: fault b.kind=swap-enospc overlaps with [fault a]");
	refuses(SMALL "[link]\nkind=pair\n[fault a]\nkind=swap-enospc\nfor=3s\n"
		      "[fault b]\nkind=server-stop\nat=1s\nfor=1s\n",
		"t.scn:7: fault a.kind=swap-enospc is done by the server's VM, which [fault b] "
		"holds up at that time");
	refuses(SMALL "[swap]\nsync=yes\n",
		"t.scn:5: swap.sync needs link.kind=pair: elsewhere the server has no disk");
	refuses(SMALL "[fault x]\nkind=clock-jump\n",
		"t.scn:5: fault x.kind=clock-jump needs jump=");
	refuses(SMALL "[fault x]\nkind=clock-jump\njump=1500ms\n",
		"t.scn:6: fault x.jump must be whole seconds");
	refuses(SMALL "[fault x]\nkind=swapoff\njump=1s\n",
		"t.scn:6: fault x.jump needs kind=clock-jump, not swapoff");
	refuses(SMALL "[fault x]\nkind=balloon\n", "t.scn:5: fault x.kind=balloon needs size=");
	refuses(SMALL "[fault x]\nkind=balloon\nsize=128M\n",
		"t.scn:6: fault x.size is not less than machine.memory");
	refuses(SMALL "[fault x]\nkind=balloon\nsize=4K\n",
		"t.scn:6: fault x.size must be a multiple of 1M");
	refuses(SMALL "[fault x]\nkind=carrier\nsize=1M\n",
		"t.scn:6: fault x.size needs kind=balloon, not carrier");
	refuses(SMALL WRITES("a", "/x") WRITES("b", "/x"),
		"t.scn:11: fault b.kind=guest-write overlaps with [fault a]");
	/* What the seed draws may be at any moment that it can be drawn for. */
	refuses(SMALL "[link]\nkind=pair\n[fault a]\nkind=server-stop\nat=20s\nfor=3s\n"
		      "[fault b]\nkind=partition\nat=1s\nwithin=19s\nfor=1s\n",
		"t.scn:11: fault b.kind=partition is done by the server's VM, which [fault a] "
		"holds up at that time");
	refuses(SMALL "[fault a]\nkind=vm-stop\nat=1s\nwithin=1h\nfor=1s\n[expect]\ndeadline=60s\n",
		"t.scn:7: fault a.within is not before expect.deadline=60s; it would never happen");
	refuses(SMALL "[fault a]\nkind=vm-stop\nfor=1s\nchance=0%\n",
		"t.scn:7: fault a.chance=0% is a fault that no seed has");
	refuses(SMALL "[link]\nkind=pair\n[swap]\nbackend=nbdkit\n",
		"t.scn:7: swap.backend=nbdkit does not run in a VM of its own (link.kind=pair); "
		"nbd-server does");
	refuses(SMALL "[machine]\nroot=nfs3\n",
		"t.scn:5: machine.root=nfs3 needs link.kind=pair: a kernel is its server");
	refuses(SMALL "[link]\nkind=pair\n[pressure f]\nworkload=flood\n",
		"t.scn:7: pressure f.workload=flood comes over QEMU's user network: it needs "
		"link.kind=user");
	refuses(SMALL "[fault x]\nkind=server-reset\n",
		"t.scn:5: fault x.kind=server-reset needs swap.reconnect=yes: nobody else connects "
		"anew");
	refuses(SMALL "[swap]\nreconnect=yes\n",
		"t.scn:5: swap.reconnect needs timeout=: requests that were in flight are sent "
		"again when it ends");
	refuses(SMALL "[swap]\nreconnect=yes\ntimeout=3s\nconnections=2\n",
		"t.scn:5: swap.reconnect needs connections=1");
	refuses(SMALL "[fault x]\nkind=qemu-kill\nat=300s\n",
		"t.scn:6: fault x.at is not before expect.deadline=300s; it would never happen");
	refuses(SMALL "[fault x]\nkind=vm-stop\n",
		"t.scn:4: fault x.for is missing: say how long the machine is paused");
	refuses(SMALL "[fault x]\nkind=swap-flip\nfor=1s\n",
		"t.scn:6: fault x.for has no meaning: swap-flip cannot be healed");
	refuses(SMALL "[fault x]\nkind=guest-write\nfile=/x\nvalue=1\nfor=1s\n",
		"t.scn:8: fault x.for needs heal_value=, too: what is written when, and what then");
	refuses(SMALL "[fault x]\nkind=guest-write\nfile=/x\n",
		"t.scn:5: fault x.kind=guest-write needs file= and value=");
	refuses(SMALL "[fault x]\nkind=server-kill\nfile=/x\n",
		"t.scn:6: fault x.file needs kind=guest-write, not server-kill");
	refuses(SMALL "workload=fio\n",
		"t.scn:2: section [pressure main] needs fio_job= (job file)");
	refuses(SMALL "fio_job=x\n", "t.scn:4: pressure main.fio_job needs workload=fio, not anon");
	refuses(SMALL "[kernel]\ndebian=6.12\nimage=/dev/null\n",
		"t.scn:5: kernel.debian and kernel.image exclude each other; keep one");
	refuses(SMALL "[kernel]\ndebian=6.12\nseries=fix\n",
		"t.scn:5: kernel.debian is a prebuilt kernel; series, patches and config cannot "
		"change it");
	refuses(SMALL "[kernel]\nvmlinux=/dev/null\n",
		"t.scn:5: kernel.vmlinux needs kernel.image, the kernel it belongs to");
	refuses(SMALL "[kernel]\nimage=/nonexistent\n",
		"t.scn:5: kernel.image=/nonexistent: no such file");
	refuses(SMALL "[kernel]\nseries=fxi\n", "t.scn:5: kernel.series=fxi: kernel-patches/6.12 "
						"has no such series; did you mean fix? "
						"(it has: ablate fix)");
	refuses(SMALL "[kernel]\nversion=5.10\nseries=fix\n",
		"t.scn:6: kernel.series=fix: kernel-patches/5.10 has no such series (it has: "
		"none)");
	refuses(SMALL "[kernel]\nseries=../6.12/fix\n",
		"t.scn:5: kernel.series=../6.12/fix: kernel-patches/6.12 has no such series (it "
		"has: ablate fix)");
	refuses("[pressure a]\ntotal=8M\nprocesses=256\n[pressure b]\ntotal=8M\nprocesses=256\n"
		"[pressure c]\ntotal=8M\n",
		"t.scn:7: all [pressure] sections together have more than 512 processes");
}

static void test_set(void)
{
	char *sets[] = { "machine.memory=256M",
			 "pressure.passes=5",
			 "pressure main.total=32M",
			 "machine.sysctl.vm.swappiness=1",
			 "machine.memory=512M",
			 "kernel.cmdline=a=b c.d",
			 NULL };
	SCOPED(scenario) s = parse(SMALL, sets);
	const struct scenario_pressure *p = g_ptr_array_index(s->pressures, 0);
	const char *two = SMALL "[pressure more]\ntotal=8M\n";

	g_assert_cmpuint(s->machine.memory_bytes, ==, 512 << 20);
	g_assert_cmpuint(p->passes, ==, 5);
	g_assert_cmpuint(p->total_bytes, ==, 32 << 20);
	g_assert_cmpuint(s->machine.sysctls->len, ==, 1);
	g_assert_cmpstr(s->kernel.cmdline, ==, "a=b c.d");

	refuses_set(SMALL, "machine.memory",
		    "--set machine.memory: write it as --set SECTION.KEY=VALUE");
	refuses_set(SMALL, "memory=1.5M", "--set memory=1.5M: write it as --set SECTION.KEY=VALUE");
	refuses_set(SMALL, "machine.memory=128",
		    "--set: machine.memory=128 has no unit; write 128M");
	refuses_set(SMALL, "machine.cpu=1",
		    "--set machine.cpu=1: unknown key machine.cpu; did you mean cpus?");
	refuses_set(SMALL, "machines.cpus=1",
		    "--set machines.cpus=1: unknown section [machines]; did you mean machine?");
	refuses_set(
		two, "pressure.passes=1",
		"--set pressure.passes=1: the scenario has 2 [pressure] sections; name one, as in "
		"\"pressure more.KEY=VALUE\"");
	refuses_set(
		SMALL, "pressure mian.passes=1",
		"--set pressure mian.passes=1: the scenario has no section [pressure mian]; did "
		"you mean pressure main?");
	refuses_set(SMALL, "kernel.cmdline=a\n[link]",
		    "--set kernel.cmdline=a\n[link]: a value is one line");
}

static void same(const struct scenario *a, const struct scenario *b)
{
	g_assert_cmpstr(a->about, ==, b->about);
	g_assert_cmpstr(a->text, ==, b->text);
	g_assert_cmpmem(&a->expect, sizeof(a->expect), &b->expect, sizeof(b->expect));
	g_assert_cmpuint(a->machine.memory_bytes, ==, b->machine.memory_bytes);
	g_assert_cmpuint(a->machine.sysctls->len, ==, b->machine.sysctls->len);
	g_assert_true(g_strv_equal((const char *const *)a->kernel.series,
				   (const char *const *)b->kernel.series));
	g_assert_true(g_strv_equal((const char *const *)a->kernel.patches,
				   (const char *const *)b->kernel.patches));
	g_assert_cmpstr(a->kernel.cmdline, ==, b->kernel.cmdline);
	g_assert_cmpstr(a->swap.backend, ==, b->swap.backend);
	g_assert_cmpuint(a->swap.delay_ms, ==, b->swap.delay_ms);
	g_assert_cmpuint(a->pressures->len, ==, b->pressures->len);
	for (guint i = 0; i < a->pressures->len; i++) {
		const struct scenario_pressure *p = g_ptr_array_index(a->pressures, i);
		const struct scenario_pressure *q = g_ptr_array_index(b->pressures, i);

		g_assert_cmpstr(p->name, ==, q->name);
		g_assert_cmpuint(p->total_bytes, ==, q->total_bytes);
		g_assert_cmpuint(p->passes, ==, q->passes);
		g_assert_cmpstr(p->fio_job, ==, q->fio_job);
	}
	g_assert_cmpuint(a->faults->len, ==, b->faults->len);
	for (guint i = 0; i < a->faults->len; i++) {
		const struct scenario_fault *f = g_ptr_array_index(a->faults, i);
		const struct scenario_fault *g = g_ptr_array_index(b->faults, i);

		g_assert_cmpstr(f->name, ==, g->name);
		g_assert_cmpint(f->kind, ==, g->kind);
		g_assert_cmpuint(f->at_ms, ==, g->at_ms);
		g_assert_cmpuint(f->for_ms, ==, g->for_ms);
	}
}

static void test_round_trip(void)
{
	char *sets[] = { "kernel.series=fix", "kernel.patches=a.patch", "pressure main.passes=7",
			 "machine.sysctl.vm.swappiness=10", NULL };
	SCOPED(scenario) a = NULL;
	SCOPED(scenario) b = NULL;

	g_assert_true(g_file_set_contents("a.patch", "x", 1, NULL));
	a = parse("# About\n# more\n[fault b]\nkind=server-stop\nat=2s\nfor=1s\n"
		  "[fault a]\nkind=swap-eio\nat=1s\n[swap]\nbackend=nbdkit\ndelay=20ms\n"
		  "[pressure main]\ntotal=64M\n[pressure io]\nworkload=fio\ntotal=8M\n"
		  "fio_job=workloads/fio/x.fio\n[expect]\nfloor_in=0\n",
		  sets);
	b = parse(a->text, NULL);
	same(a, b);
	/* Shipped files stay relative, the user's become absolute. */
	g_assert_nonnull(strstr(a->text, "\nfio_job=workloads/fio/x.fio\n"));
	g_assert_nonnull(strstr(a->text, "\ndeadline=300s\n"));
	g_assert_true(g_path_is_absolute(a->kernel.patches[0]));
}

static void test_load(void)
{
	g_autoptr(GError) error = NULL;
	SCOPED(scenario) named = scenario_load("group/one", NULL, &error);
	SCOPED(scenario) file = NULL;
	g_autoptr(GPtrArray) list = NULL;
	const struct scenario_entry *entry;

	g_assert_no_error(error);
	g_assert_cmpstr(named->name, ==, "group/one");
	g_assert_true(g_path_is_absolute(named->file));
	file = scenario_load(named->file, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(file->name, ==, "group/one");

	list = scenario_list(&error);
	g_assert_no_error(error);
	g_assert_cmpuint(list->len, ==, 2);
	entry = g_ptr_array_index(list, 1);
	g_assert_cmpstr(entry->name, ==, "group/one");
	g_assert_cmpstr(entry->about, ==, "Small");

	g_assert_null(scenario_load("group/broken", NULL, &error));
	g_assert_cmpstr(error->message, ==,
			"group/broken.scn:2: machine.memory=128 has no unit; write 128M");
	g_clear_error(&error);
	g_assert_null(scenario_load("group/onne", NULL, &error));
	g_assert_cmpstr(error->message, ==,
			"no scenario or file group/onne; did you mean group/one? (netswap list "
			"scenarios shows all)");
}

/* Every key says what it is for, and its fallback is a value that it accepts. */
static void test_table(void)
{
	for (const struct scenario_key *key = scenario_keys; key->section; key++) {
		g_assert_nonnull(section_find(key->section));
		g_assert_nonnull(key->help);
		g_assert_false(key->required && key->fallback);
		g_assert_true((key->type == KEY_CHOICE) == (key->choices != NULL));
		if (key->choices && key->fallback)
			g_assert_nonnull(named_find(key->choices, key->fallback));
	}
	for (guint i = 0; i < FAULT_KINDS; i++)
		g_assert_nonnull(fault_table[i].name);
	for (guint i = 0; i < VERDICTS; i++)
		g_assert_cmpstr(verdict_table[i].name, ==, verdict_name(i));
}

static void write_file(const char *folder, const char *path, const char *text)
{
	g_autofree char *file = g_build_filename(folder, path, NULL);
	g_autofree char *parent = g_path_get_dirname(file);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

static int run_in_fixture(void)
{
	g_autofree char *folder = g_dir_make_tmp("netswap-test-XXXXXX", NULL);
	g_autofree char *remove = g_strdup_printf("rm -rf '%s'", folder);
	int status;

	g_assert_nonnull(folder);
	write_file(folder, "kernel-patches/6.12/fix/series", "");
	write_file(folder, "kernel-patches/6.12/ablate/series",
		   "0001-infrastructure.patch\n2.patch\n");
	write_file(folder, "kernel-patches/6.12/ablate/0001-infrastructure.patch", "+\n");
	write_file(folder, "kernel-patches/6.12/ablate/2.patch",
		   "+\t[NETSWAP_SLAB] = { \"slab\", ANY_TIME,\n+\t\t\"what it is\" },\n"
		   "+\t[NETSWAP_SKB_DROP] = { \"skb_drop\", BOOT,\n+\t\t\"it, too\" },\n");
	write_file(folder, "workloads/fio/x.fio", "");
	write_file(folder, "nbd-harness/scenarios/group/one.scn", SMALL);
	write_file(folder, "nbd-harness/scenarios/group/broken.scn", "[machine]\nmemory=128\n");
	g_assert_true(g_setenv("NETSWAP_DATA", folder, TRUE));
	g_assert_cmpint(g_chdir(folder), ==, 0);
	status = g_test_run();
	g_assert_cmpint(system(remove), ==, 0);
	return status;
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/scenario/link-faults", test_link_faults);
	g_test_add_func("/scenario/table", test_table);
	g_test_add_func("/scenario/defaults", test_defaults);
	g_test_add_func("/scenario/values", test_values);
	g_test_add_func("/scenario/companions", test_companions);
	g_test_add_func("/scenario/syntax", test_syntax);
	g_test_add_func("/scenario/ranges", test_ranges);
	g_test_add_func("/scenario/transports", test_transports);
	g_test_add_func("/scenario/contradictions", test_contradictions);
	g_test_add_func("/scenario/set", test_set);
	g_test_add_func("/scenario/round-trip", test_round_trip);
	g_test_add_func("/scenario/load", test_load);
	return run_in_fixture();
}
