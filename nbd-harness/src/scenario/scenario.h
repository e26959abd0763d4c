/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario: one file that says everything a run needs.  INI in the manner of
 * fio's job files; the leading comment says intent and hazards, and its first
 * line is the scenario's help text.
 *
 *	[kernel] [machine] [swap] [link] [pressure NAME] [fault NAME] [expect]
 *
 * Flow: file + --set overrides -> scenario_load() -> read-only struct.  All
 * checks happen here, against one table of keys (scenario/keys.c), so that a
 * scenario that loads can be run.  Errors name file:line and the nearest key.
 */
#ifndef NETSWAP_SCENARIO_SCENARIO_H
#define NETSWAP_SCENARIO_SCENARIO_H

#include <glib.h>

#include "base/scope.h"
#include "base/paths.h" /* netswap_data_dir() */
#include "judge/facts.h"

#define SCENARIO_SUFFIX ".scn"

struct scenario_sysctl {
	char *name;  /* "vm.min_free_kbytes" */
	char *value; /* "600" */
};

struct scenario_pressure {
	char *name;	       /* of the section: [pressure NAME] */
	const char *workload;  /* of workload_table: "anon", "fio", ... */
	gboolean companion;    /* disturbs, and does not end by itself (workload_list.h) */
	guint processes;       /* 1..256 */
	guint64 total_bytes;   /* over all processes */
	guint passes;	       /* 1.. */
	gboolean random_order; /* order=sequential|random */
	guint write_percent;   /* 0..100, of the touches after the first pass */
	guint start_after_ms;  /* after PRESSING begins */
	char *fio_job;	       /* workload=fio: job file, absolute path */
	struct {
		guint sockets;	      /* over all processes */
		guint rcvbuf_bytes;   /* of each */
		guint datagram_bytes; /* without headers */
		guint rate;	      /* datagrams a second, over all processes */
	} flood;
	guint interval_ms; /* of companions that work in rounds */
	char *where;	   /* file:line of the section */
};

/* What a link does to what crosses it in one direction, as tc-netem(8) has it; all 0: a wire. */
struct scenario_shape {
	guint delay_ms, jitter_ms;
	guint loss_percent, duplicate_percent, reorder_percent, corrupt_percent;
	guint64 rate_bytes_per_s;
};

enum fault_kind {
	FAULT_SERVER_STOP,    /* SIGSTOP the server's whole process tree, SIGCONT after for= */
	FAULT_SERVER_KILL,    /* SIGKILL the server */
	FAULT_SERVER_RESET,   /* end its connections */
	FAULT_SERVER_RESTART, /* nobody serves for the time of for=; link.kind=pair */
	FAULT_SERVER_REBOOT,  /* reset its VM; healed when that serves again */
	FAULT_QEMU_KILL,      /* SIGKILL QEMU */
	FAULT_VM_STOP,	      /* QMP stop, cont after for= */
	FAULT_SWAP_FLIP,      /* flip one bit in every page of the swap image */
	FAULT_SWAP_EIO,	      /* what the server reads ends with EIO (pair, or backend nbdkit) */
	FAULT_SWAP_ENOSPC,    /* what it writes ends with ENOSPC (pair) */
	FAULT_SWAP_SLOW,      /* its disk does rate= bytes a second (pair) */
	FAULT_GUEST_WRITE,    /* PID 1 of the guest writes value= to file= */
	FAULT_SWAPOFF,	      /* the guest swaps off; when healed, on again */
	FAULT_CLOCK_JUMP,     /* its CLOCK_REALTIME jumps; when healed, back */
	FAULT_BALLOON,	      /* size= of its memory goes into a balloon */
	FAULT_LINK,	      /* the link is shaped otherwise (link.kind=pair) */
	FAULT_PARTITION,      /* nothing crosses it (link.kind=pair) */
	FAULT_CARRIER,	      /* the guest's NIC has no carrier */
	FAULT_KINDS,
};

enum watermark {
	WATERMARK_NONE,
	WATERMARK_LOW,
	WATERMARK_MIN,
};

struct scenario_fault {
	char *name;
	enum fault_kind kind;
	guint64 at_ms;		      /* after PRESSING begins */
	guint64 for_ms;		      /* 0: never healed */
	guint64 within_ms;	      /* 0, or: drawn, up to so much later than at_ms */
	guint32 chance_percent;	      /* 1 to 100: of being drawn at all */
	guint64 after_swap_out_bytes; /* 0, or: not before so much was swapped out */
	enum watermark free_below;    /* not before fewer pages are free than that */
	char *file, *value;	      /* FAULT_GUEST_WRITE */
	char *heal_value;	      /* ... written there when it is healed, or NULL */
	guint64 jump_ms;	      /* FAULT_CLOCK_JUMP: forward, whole seconds */
	guint64 size_bytes;	      /* FAULT_BALLOON: whole MiB, less than the guest has */
	/* FAULT_LINK: what is not 0 is other than the link's.  FAULT_SWAP_SLOW: its rate. */
	struct scenario_shape shape;
	gboolean out, in; /* FAULT_LINK, FAULT_PARTITION: from the guest, to the guest */
	char *where;
};

struct scenario {
	char *name;  /* "quickstart/stock", or the file's base name */
	char *file;  /* absolute path */
	char *about; /* first line of the leading comment */
	char *text;  /* the file with overrides applied: goes into the run directory */

	struct {
		char *version;	/* "6.12": Debian's source package */
		char **series;	/* of kernel-patches/<version>/: {"fix"}; empty: stock */
		char **patches; /* further patch files, absolute */
		char **ablate;	/* knobs: what to boot without */
		char **config;	/* further config fragments, absolute */
		char *source;	/* NULL, or a developer's own tree, absolute */
		char *debian;	/* NULL, or "6.12": Debian's prebuilt kernel */
		char *image;	/* NULL, or a bzImage, absolute; then vmlinux may be given */
		char *vmlinux;
		char *cmdline; /* appended to the kernel command line, may be "" */
	} kernel;
	struct {
		guint64 memory_bytes; /* multiple of 1 MiB, 96 MiB .. 2 GiB */
		guint cpus;	      /* 1..64 */
		const char *accel;    /* "auto", "kvm", "tcg" */
		gboolean root_nfs3;   /* programs are the server's, over NFS; link.kind=pair */
		GPtrArray *sysctls;   /* of struct scenario_sysctl, in file order */
	} machine;
	struct {
		const char *transport; /* of transport_table: "nbd", "nfs3", ... */
		const char *backend;   /* of backend_table: "nbd-server", "nfsd", ... */
		guint64 size_bytes;
		guint port;		  /* inside the run's private network namespace */
		guint connections;	  /* 1.. */
		guint minorversion;	  /* of NFSv4: 0..2 */
		guint timeout_s;	  /* nbd-client -timeout; 0: none */
		gboolean reconnect;	  /* by our own client; needs timeout_s, one connection */
		gboolean sync;		  /* nbd-server answers a write once it is on its disk */
		gboolean zswap;		  /* is in front of it */
		guint delay_ms;		  /* nbdkit only: added to each request */
		guint64 rate_bytes_per_s; /* nbdkit only: 0 is unlimited */
	} swap;
	struct {
		const char *nic; /* "virtio-net", "e1000", "e1000e", "rtl8139", "vmxnet3" */
		gboolean pcap;	 /* record what crosses it */
		gboolean pair;	 /* the server is in a VM of its own; else QEMU's user network */
		char *server_cmdline;	     /* appended to that of its VM's kernel, may be "" */
		struct scenario_shape shape; /* of each direction */
	} link;
	GPtrArray *pressures; /* of struct scenario_pressure, at least one */
	GPtrArray *faults;    /* of struct scenario_fault, by at_ms */
	struct {
		enum verdict verdict;
		gint64 floor_out_bytes; /* -1: the default of DESIGN.md section 5 */
		gint64 floor_in_bytes;
		guint deadline_s; /* of fair time, for the pressure phase */
	} expect;
};

/*
 * Load the scenario called @name_or_file (a name such as "nbd/anon", looked up
 * in the scenarios folder, or a path).  @sets: NULL-terminated
 * "SECTION.KEY=VALUE" (for named sections "pressure NAME.KEY=VALUE" or, where
 * only one pressure exists, "pressure.KEY=VALUE"), may be NULL.  Caller frees
 * with scenario_free().  Errors: NETSWAP_ERROR_USAGE.
 */
struct scenario *scenario_load(const char *name_or_file, char **sets, GError **error);
/* The same from text in memory; @file names it and its folder, and need not exist. */
struct scenario *scenario_parse(const char *text, gsize bytes, const char *file, char **sets,
				GError **error);
void scenario_free(struct scenario *s);
DEFINE_SCOPED(scenario, scenario_free)

gboolean scenario_is_over_nbd(const struct scenario *s);
gboolean scenario_has_fault(const struct scenario *s, enum fault_kind kind);

/* Names and about lines of all scenarios in the folder, sorted; GPtrArray of
 * struct scenario_entry, owned by caller. */
struct scenario_entry {
	char *name, *about, *file;
};
GPtrArray *scenario_list(GError **error);

#endif
