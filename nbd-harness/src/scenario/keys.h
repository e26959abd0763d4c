/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table that declares every key of a scenario file: the parser, the
 * manual's check, `netswap list` and the shell completion all read it.
 */
#ifndef NETSWAP_SCENARIO_KEYS_H
#define NETSWAP_SCENARIO_KEYS_H

#include <glib.h>

/* A named thing with help, as `netswap list` prints it; tables end with name NULL. */
struct named {
	const char *name, *help;
};

enum scenario_key_type {
	KEY_STRING,
	KEY_PATH,     /* relative to the scenario file's folder, else to netswap_data_dir() */
	KEY_PATHS,    /* comma separated */
	KEY_BYTES,    /* 64M, 1G; a unit is required */
	KEY_DURATION, /* 50ms, 30s; a unit is required; stored in ms */
	KEY_COUNT,
	KEY_PERCENT, /* 50% */
	KEY_CHOICE,
	KEY_LIST, /* comma separated */
};

struct scenario_key {
	const char *section; /* "machine", "pressure", ... */
	const char *name;    /* "memory"; "sysctl.*" takes any name after the dot */
	enum scenario_key_type type;
	const struct named *choices; /* KEY_CHOICE */
	const char *fallback;	     /* default as written in a file; NULL: required or unset */
	gboolean required;
	gboolean later;	  /* than the first records of campaigns: records_inputs() */
	guint64 min, max; /* inclusive, in bytes, ms, ...; 0, 0: unchecked */
	/* Values of the section's chooser that have it, "anon,mlock"; NULL: all */
	const char *only;
	const char *help;
};

/* Grouped by section, in the order of a file; ends with an entry whose section is NULL. */
extern const struct scenario_key scenario_keys[];
/* "sysctl.vm.swappiness" finds "sysctl.*".  NULL: no such key. */
const struct scenario_key *scenario_key_find(const char *section, const char *name);
/* Has a section whose chooser is @choice this @key? */
gboolean scenario_key_applies(const struct scenario_key *key, const char *choice);
/* "size", "duration", ... */
const char *scenario_key_type_name(enum scenario_key_type type);

struct scenario_section {
	const char *name;
	gboolean many;	     /* written [pressure NAME], any number of them */
	const char *chooser; /* the key that tells which other keys there are, or NULL */
	const char *help;
};
extern const struct scenario_section section_table[]; /* ends with name NULL */
const struct scenario_section *section_find(const char *name);

extern const struct named fault_table[];     /* by enum fault_kind */
extern const struct named transport_table[]; /* run/transport.h's ops bear these names */
/* Transports whose server is a kernel's, in a VM of its own: it is this one. */
struct kernel_server {
	const char *transport, *backend;
	guint port;
};
extern const struct kernel_server kernel_servers[]; /* ends with transport NULL */
extern const struct named backend_table[];	    /* machine/server.h's ops bear these names */
extern const struct named link_table[];		    /* 0: user, 1: pair */
extern const struct named root_table[];		    /* 0: initramfs, 1: nfs3 */
extern const struct named direction_table[];	    /* 0: both, 1: out, 2: in */
extern const struct named nic_table[];
extern const struct named workload_table[]; /* workloads/ bear these names */
/* Does workload @name accompany others, without an end of its own? */
gboolean workload_is_companion(const char *name);
extern const struct named switch_table[]; /* 0: no, 1: yes */
extern const struct named watermark_table[];
extern const struct named order_table[];
extern const struct named accel_table[];
extern const struct named verdict_table[]; /* by enum verdict */
/* The entry of @name, or NULL. */
const struct named *named_find(const struct named *table, const char *name);

#endif
