// SPDX-License-Identifier: GPL-2.0-only
#include "machine/registers.h"

#include <string.h>

#include "base/error.h"
#include "machine/qmp.h"

#define DEADLINE_MS 5000
#define HEADING	    "CPU#"
#define HEX_DIGITS  16

/* What follows "NAME=" in [@at, @end), where NAME begins a line or follows a space; or NULL. */
static const char *value(const char *at, const char *end, const char *name)
{
	gsize len = strlen(name);

	for (const char *c = at; end - c > (gssize)len; c++) {
		if (!memcmp(c, name, len) && c[len] == '=' && (c == at || g_ascii_isspace(c[-1])))
			return c + len + 1;
	}
	return NULL;
}

/* 64 bits as QEMU prints them: all digits, then a space or the line's end. */
static gboolean hex(const char *at, const char *end, const char *name, guint64 *to)
{
	const char *digits = value(at, end, name);

	if (!digits || end - digits <= HEX_DIGITS || !g_ascii_isspace(digits[HEX_DIGITS]))
		return FALSE;
	for (guint i = 0; i < HEX_DIGITS; i++) {
		if (!g_ascii_isxdigit(digits[i]))
			return FALSE;
	}
	*to = g_ascii_strtoull(digits, NULL, 16);
	return TRUE;
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
	r->valid = hex(at, end, "RIP", &r->rip) && hex(at, end, "RSP", &r->rsp) &&
		   hex(at, end, "RBP", &r->rbp);
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
