/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board: memory shared by a guest and the harness (QEMU's ivshmem-plain;
 * in the guest it is BAR 2 of PCI device 1af4:1110, mapped from sysfs).
 *
 * It exists because a machine wedged in reclaim cannot speak: writing to the
 * board allocates nothing, takes no lock and enters no driver.  It lies
 * outside guest RAM, so it is never reclaimed, migrated or swapped.
 *
 *   host -> guest   script[]: what PID 1 does, one step a line (vm-images/init.c
 *                   lists the verbs); request[]: one more line while running
 *   guest -> host   phase, slots[] (progress of each pressure process),
 *                   blobs[] (symbols, BTF, results)
 *
 * Both sides are built from this file.  Single-writer fields; 64-bit aligned
 * loads and stores are atomic on x86-64.  A guest is hostile input: the host
 * checks every offset, count and string that it reads from here.
 */
#ifndef NETSWAP_BOARD_H
#define NETSWAP_BOARD_H

#include <stdint.h>

#define BOARD_MAGIC	    0x6472616f6270736eull /* "nspboard" */
#define BOARD_VERSION	    3u
#define BOARD_BYTES	    (64u << 20)
#define BOARD_PCI_VENDOR    0x1af4
#define BOARD_PCI_DEVICE    0x1110

#define BOARD_SCRIPT_BYTES  16384u
#define BOARD_REQUEST_BYTES 512u
#define BOARD_SLOTS	    512u
#define BOARD_BLOBS	    64u

/*
 * BOOTING -> RUNNING -> SWAP_ON -> PRESSING -> DONE
 *    any of these    -> FAILED (error[] says why)
 * A server's VM: BOOTING -> RUNNING -> SERVING, set by its verb ready.
 * The phase says how far the script has come; its verbs swapon and press set
 * SWAP_ON and PRESSING, PID 1 itself sets the others.
 */
enum board_phase {
	BOARD_BOOTING = 0, /* the host's initial value */
	BOARD_RUNNING,	   /* PID 1 has mapped the board */
	BOARD_SWAP_ON,	   /* swapon(2) has returned */
	BOARD_PRESSING,	   /* all pressure processes are started */
	BOARD_DONE,	   /* every pressure process but companions has ended and was reaped */
	BOARD_FAILED,	   /* a script line failed */
	BOARD_SERVING,	   /* a server's VM: what it serves can be attached */
};

enum board_slot_state {
	BOARD_SLOT_FREE = 0,
	BOARD_SLOT_RUNNING,
	BOARD_SLOT_PASSED,  /* ended well, verification included */
	BOARD_SLOT_CORRUPT, /* found a page that differs from what it wrote */
	BOARD_SLOT_FAILED,  /* ended badly for another reason (detail) */
	BOARD_SLOT_KILLED,  /* ended by a signal, e.g. the OOM killer (detail = signal) */
};

/* "Look at the board again", between PID 1 and pressure processes; ignored by those not waiting. */
#define BOARD_WAKE_SIGNAL 23 /* SIGURG */

/* One pressure process.  The process writes all but state's end, which PID 1 writes on reaping. */
struct board_slot {
	char workload[24]; /* NUL-terminated name, e.g. "anon" */
	uint32_t state;	   /* enum board_slot_state */
	int32_t pid;
	int32_t detail;		 /* exit status or signal */
	uint32_t pass;		 /* passes completed */
	uint64_t pages_total;	 /* pages of one pass */
	uint64_t pages_touched;	 /* over all passes: grows with every page written or read */
	uint64_t pages_verified; /* pages that came back as written */
	uint64_t pages_corrupt;
	uint64_t corrupt_index;	   /* page index of the first corrupt page */
	uint64_t corrupt_expected; /* the 64-bit word expected there ... */
	uint64_t corrupt_got;	   /* ... and the one found */
	uint64_t rounds;	   /* of a companion: what it did so far, which is no progress */
	uint32_t companion;	   /* 1: accompanies the pressure and never ends by itself */
	uint32_t reserved;
};

struct board_blob {
	char name[40];	 /* NUL-terminated: "kallsyms", "btf/vmlinux", "btf/nbd", "result/fio" */
	uint64_t offset; /* from the board's first byte */
	uint64_t bytes;	 /* 0 until the blob is complete */
};

struct board {
	/* host -> guest */
	uint64_t magic;
	uint32_t version;
	uint32_t script_bytes;
	char script[BOARD_SCRIPT_BYTES]; /* lines ended by \n */
	uint64_t request_seq;		 /* raised by the host after request[] is written */
	char request[BOARD_REQUEST_BYTES];

	/* guest -> host */
	uint64_t request_done;	   /* = request_seq once carried out */
	uint32_t phase;		   /* enum board_phase */
	uint32_t line;		   /* script line being carried out, 1-based */
	uint64_t phase_time_us[8]; /* guest CLOCK_MONOTONIC at which each phase began */
	uint64_t heartbeat;	   /* raised by PID 1's loop; stops when PID 1 is wedged */
	char error[256];	   /* NUL-terminated sentence when phase is FAILED */
	uint32_t boots;		   /* how often PID 1 has begun: the board outlives a reset */
	uint32_t swapoffs;	   /* how often it has begun to swap off */
	uint32_t slots_used;
	uint32_t blobs_used;
	struct board_slot slots[BOARD_SLOTS];
	struct board_blob blobs[BOARD_BLOBS];
	uint64_t blob_bytes_used; /* of the area that follows */
	uint8_t blob_area[];	  /* up to BOARD_BYTES */
};

#endif
