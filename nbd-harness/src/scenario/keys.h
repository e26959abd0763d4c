/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table that declares every key of a scenario file: the parser, the
 * manual's check, `netswap list` and the shell completion all read it.
 */
#ifndef NETSWAP_SCENARIO_KEYS_H
#define NETSWAP_SCENARIO_KEYS_H

#include <glib.h>

enum scenario_key_type {
	KEY_STRING,
	KEY_PATH,     /* relative to the scenario file's folder */
	KEY_BYTES,    /* 64M, 1G; a unit is required */
	KEY_DURATION, /* 50ms, 30s; a unit is required; stored in ms */
	KEY_COUNT,
	KEY_PERCENT,
	KEY_CHOICE,
	KEY_LIST, /* comma separated */
};

struct scenario_key {
	const char *section; /* "machine", "pressure", ... */
	const char *name;    /* "memory"; "sysctl.*" takes any name after the dot */
	enum scenario_key_type type;
	const char *choices; /* KEY_CHOICE: "auto|kvm|tcg" */
	const char *fallback; /* default as written in a file; NULL: required or unset */
	guint64 min, max;    /* inclusive; 0, 0: unchecked */
	const char *help;
};

/* Ends with an entry whose section is NULL. */
extern const struct scenario_key scenario_keys[];

/* A named thing with help, as `netswap list` prints it; tables end with name NULL. */
struct named {
	const char *name, *help;
};
extern const struct named fault_table[];    /* by enum fault_kind */
extern const struct named transport_table[];
extern const struct named nic_table[];
extern const struct named workload_table[];
extern const struct named backend_table[];

#endif
