// SPDX-License-Identifier: GPL-2.0-only
#include "machine/registers.h"

#include <string.h>

#include "base/error.h"
#include "machine/qmp.h"

#define DEADLINE_MS	5000
#define HEADING		"CPU#"

#define ADDRESS_DIGITS	16
#define FLAGS_DIGITS	8
#define SELECTOR_DIGITS 4

/* What follows "NAME=" in [@at, @end), where NAME begins a line or follows a space; or NULL. */
static const char *value(const char *at, const char *end, const char *name)
{
	gsize len = strlen(name);

	for (const char *c = at; end - c > (gssize)len; c++) {
		if (*c == *name && !memcmp(c, name, len) && c[len] == '=' &&
		    (c == at || g_ascii_isspace(c[-1])))
			return c + len + 1;
	}
	return NULL;
}

/* @n digits, all of them hexadecimal, then a space or the line's end. */
static gboolean hex(const char *digits, const char *end, gsize n, guint64 *to)
{
	if (!digits || end - digits <= (gssize)n || !g_ascii_isspace(digits[n]))
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		if (!g_ascii_isxdigit(digits[i]))
			return FALSE;
	}
	*to = g_ascii_strtoull(digits, NULL, 16);
	return TRUE;
}

static gboolean parse_general(const char *at, const char *end, guint64 *user)
{
	static const char *const names[USER_REGISTERS] = {
		[USER_R15] = "R15", [USER_R14] = "R14", [USER_R13] = "R13", [USER_R12] = "R12",
		[USER_RBP] = "RBP", [USER_RBX] = "RBX", [USER_R11] = "R11", [USER_R10] = "R10",
		[USER_R9] = "R9 ",  [USER_R8] = "R8 ",	[USER_RAX] = "RAX", [USER_RCX] = "RCX",
		[USER_RDX] = "RDX", [USER_RSI] = "RSI", [USER_RDI] = "RDI", [USER_RIP] = "RIP",
		[USER_RSP] = "RSP",
	};

	for (guint i = 0; i < USER_REGISTERS; i++) {
		if (names[i] && !hex(value(at, end, names[i]), end, ADDRESS_DIGITS, &user[i]))
			return FALSE;
	}
	return hex(value(at, end, "RFL"), end, FLAGS_DIGITS, &user[USER_FLAGS]);
}

/* "FS =0000 00007f0c29a3c740 ...": the selector, the base.  What is not there stays 0. */
static void parse_segments(const char *at, const char *end, guint64 *user)
{
	static const struct {
		const char *name;
		enum user_register selector, base;
	} segments[] = {
		{ "CS ", USER_CS, USER_REGISTERS }, { "SS ", USER_SS, USER_REGISTERS },
		{ "DS ", USER_DS, USER_REGISTERS }, { "ES ", USER_ES, USER_REGISTERS },
		{ "FS ", USER_FS, USER_FS_BASE },   { "GS ", USER_GS, USER_GS_BASE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(segments); i++) {
		const char *selector = value(at, end, segments[i].name);

		if (hex(selector, end, SELECTOR_DIGITS, &user[segments[i].selector]) &&
		    segments[i].base != USER_REGISTERS)
			hex(selector + SELECTOR_DIGITS + 1, end, ADDRESS_DIGITS,
			    &user[segments[i].base]);
	}
}

/* One vCPU's part of the text, from its heading's number to @end. */
static gboolean parse_vcpu(const char *at, const char *end, struct vcpu_registers *r)
{
	const char *cpl = value(at, end, "CPL");
	char *after;

	if (!g_ascii_isdigit(*at) || g_ascii_strtoull(at, &after, 10) != r->cpu ||
	    !g_ascii_isspace(*after) || !cpl || *cpl < '0' || *cpl > '3')
		return FALSE;
	r->cpl = *cpl - '0';
	r->valid = parse_general(at, end, r->user);
	if (r->valid) {
		parse_segments(at, end, r->user);
		r->rip = r->user[USER_RIP];
		r->rsp = r->user[USER_RSP];
		r->rbp = r->user[USER_RBP];
	}
	/* Boot code and 32-bit programs: no kernel frames. */
	return r->valid || value(at, end, "EIP");
}

GArray *vcpu_registers_parse(const char *text, GError **error)
{
	g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(struct vcpu_registers));
	const char *at = strstr(text, HEADING);

	while (at && cpus->len < VCPUS_MAX) {
		struct vcpu_registers r = { .cpu = cpus->len };
		const char *next = strstr(at + strlen(HEADING), HEADING);

		if (!parse_vcpu(at + strlen(HEADING), next ? next : text + strlen(text), &r))
			break;
		g_array_append_val(cpus, r);
		at = next;
		if (!at)
			return g_steal_pointer(&cpus);
	}
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "QEMU's \"info registers -a\" is not as in QEMU 7.2 at vCPU %u; stacks of "
		    "running tasks are left out",
		    cpus->len);
	return NULL;
}

GArray *vcpu_registers_read(struct qmp *qmp, GError **error)
{
	g_autofree char *text = qmp_hmp(qmp, "info registers -a", DEADLINE_MS, error);

	return text ? vcpu_registers_parse(text, error) : NULL;
}
