// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: a damaged guest memory must neither crash nor hang the
 * readers, and what they make of it must be fit for the judge and the record.
 *
 *   input -> patches -> laid over the memory of a whole guest, as it is read
 *	   -> a sample, a snapshot -> JSON and back -> the wait graph
 *
 * A change at a random address would hit what nobody reads.  So the undamaged
 * guest is read once while every read is noted: those places, the *sites*, are
 * what patches change: into nasty numbers, pointers to other sites, copies of
 * them, garbage.  A patch may begin at the n-th read only: memory that changes
 * while it is read.
 *
 * Memory is damaged below guest_memory_read(), which the linker wraps: nothing
 * is written, so that nothing must be restored, and reads can be counted:
 * a reading is bounded by their number.
 *
 * NETSWAP_FUZZ_VMCORE names the guest, and NETSWAP_FUZZ_VMLINUX its kernel if
 * its own memory shall not be believed.
 */
#include <board.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "guest/core.h"
#include "guest/observer.h"
#include "judge/waitgraph.h"
#include "machine/registers.h"
#include "run/facts_json.h"

#define PATCHES_MAX 32
/* A sample and a snapshot together are granted fewer (guest/observer.c), page tables included. */
#define READS_MAX 120000000
#define CPUS	  2

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the linker puts between the readers and those (Makefile). */
gboolean __real_guest_memory_read(const struct guest_memory *m, guint64 paddr, void *to,
				  gsize bytes);
gboolean __wrap_guest_memory_read(const struct guest_memory *m, guint64 paddr, void *to,
				  gsize bytes);
gboolean __real_layout_load(struct layout *l, const struct types *types, GError **error);
gboolean __wrap_layout_load(struct layout *l, const struct types *types, GError **error);
void __wrap_guest_memory_free(struct guest_memory *m);
void __wrap_symbols_free(struct symbols *s);
void __wrap_types_free(struct types *t);

/*
 * libFuzzer learns what numbers are compared, to put them into inputs.  These come from the
 * guest, and inputs only say where to damage it.  The arguments are left where they are.
 */
#define IGNORE(comparison)                                                                         \
	void __wrap___sanitizer_cov_trace_##comparison(void);                                      \
	void __wrap___sanitizer_cov_trace_##comparison(void)                                       \
	{                                                                                          \
	}
IGNORE(cmp1)
IGNORE(cmp2)
IGNORE(cmp4)
IGNORE(cmp8)
IGNORE(const_cmp1)
IGNORE(const_cmp2)
IGNORE(const_cmp4)
IGNORE(const_cmp8)
IGNORE(switch)

/* The guest; everything but its memory is as it was handed over. */
static struct guest_memory *memory;
static struct symbols *symbols;
static struct types *types;
static struct layout layout;
static guint64 phys_base, direct_map;
static GArray *registers; /* of struct vcpu_registers */

/* One reading of the undamaged guest. */
struct site {
	guint64 paddr;
	gsize bytes;
};
static GArray *sites;
static GHashTable *noted; /* while they are looked for: address -> itself */

/* --- damaged memory ------------------------------------------------------ */

/* How a patch in the input is encoded; what remains of the input is ignored. */
struct patch_code {
	guint8 kind, count;
	guint16 delay;	    /* in reads */
	guint16 site, word; /* which word of that site */
	guint32 value;
} __attribute__((packed));

/* @words words from @paddr on are @value, or garbage made of it. */
struct patch {
	guint64 paddr, value;
	guint words;
	gboolean garbage;
	guint64 from_read;
};

static struct patch patches[PATCHES_MAX];
static guint n_patches, n_planted; /* the first ones are planted: they stay */
static guint64 reads;

static guint64 word_of(const struct patch *p, guint64 paddr)
{
	guint64 x = p->value + paddr;

	if (!p->garbage)
		return p->value;
	/* splitmix64 */
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static void lay_over(const struct patch *p, guint64 paddr, guint8 *to, gsize bytes)
{
	guint64 from = MAX(paddr, p->paddr), until = MIN(paddr + bytes, p->paddr + p->words * 8ull);

	for (guint64 at = from; at < until; at++) {
		guint64 word = word_of(p, at & ~7ull);

		to[at - paddr] = word >> (at & 7) * 8;
	}
}

static void note(guint64 paddr, gsize bytes)
{
	struct site site = { paddr, bytes };

	if (g_hash_table_add(noted, GSIZE_TO_POINTER(paddr)))
		g_array_append_val(sites, site);
}

gboolean __wrap_guest_memory_read(const struct guest_memory *m, guint64 paddr, void *to,
				  gsize bytes)
{
	if (!__real_guest_memory_read(m, paddr, to, bytes))
		return FALSE;
	reads++;
	if (noted)
		note(paddr, bytes);
	for (guint i = 0; i < n_patches; i++) {
		if (reads >= patches[i].from_read)
			lay_over(&patches[i], paddr, to, bytes);
	}
	return TRUE;
}

/* So that a guest can be opened for each input: what does not change is kept. */

void __wrap_guest_memory_free(struct guest_memory *m)
{
}

void __wrap_symbols_free(struct symbols *s)
{
}

void __wrap_types_free(struct types *t)
{
}

gboolean __wrap_layout_load(struct layout *l, const struct types *t, GError **error)
{
	if (!types) /* the first time */
		return __real_layout_load(l, t, error);
	*l = layout;
	return TRUE;
}

/* --- from input to patches ----------------------------------------------- */

static guint64 site(guint32 i, guint word)
{
	const struct site *s = &g_array_index(sites, struct site, i % sites->len);

	return (s->paddr & ~7ull) + word % ((s->bytes + 7) / 8) * 8;
}

static guint64 content(guint64 paddr)
{
	guint64 word = 0;

	__real_guest_memory_read(memory, paddr, &word, sizeof(word));
	return word;
}

/* Numbers at which readers may stumble. */
static guint64 nasty(guint32 i)
{
	const guint64 numbers[] = {
		0,
		1,
		G_MAXUINT64,
		G_MAXINT64,
		G_MAXUINT32,
		G_MAXINT32,
		0x8000000080000000ull,
		0xffff888000000000ull,			   /* the beginning of RAM */
		direct_map + guest_memory_end(memory) - 8, /* its end */
		direct_map + guest_memory_end(memory),	   /* beyond it */
		0xfffffffffffff000ull - 8,		   /* the last pointer */
		0xfffffffffffffff8ull,
		0xff00000000000000ull,
		0xffffffff81000000ull, /* text */
		0xffffc90000000000ull, /* vmalloc */
		0xffffea0000000000ull, /* vmemmap */
		0xdead000000000100ull, /* LIST_POISON1 */
		0x0000000000400000ull, /* user space */
		0x0000008000000080ull,
		0xffff888000000003ull,
	};

	return numbers[i % G_N_ELEMENTS(numbers)];
}

static struct patch decode(const struct patch_code *c)
{
	struct patch p = { .paddr = site(c->site, c->word), .words = 1, .from_read = c->delay };

	switch (c->kind % 9) {
	case 0: /* a small number, or a large one below zero */
		p.value = (gint64)(gint32)c->value;
		break;
	case 1:
		p.value = nasty(c->value);
		break;
	case 2: /* point to another site, or a few words from it */
		p.value = direct_map + site(c->value, 0) + (gint8)c->count * 8ll;
		break;
	case 3: /* what another one contains: lists that run into each other, objects twice */
		p.value = content(site(c->value, 0));
		break;
	case 4: /* itself */
		p.value = direct_map + p.paddr;
		break;
	case 5:
		p.value = content(p.paddr) + (gint8)c->count;
		break;
	case 6:
		p.value = content(p.paddr) ^ 1ull << (c->count & 63);
		break;
	case 7: /* anywhere in RAM */
		p.value = direct_map + c->value * 8ull % guest_memory_end(memory);
		break;
	default: /* a torn or reused page */
		p.words = 1 + c->count * 2;
		p.value = c->value;
		p.garbage = (c->value & 3) != 0;
		p.value *= p.garbage;
	}
	return p;
}

static void decode_all(const uint8_t *data, size_t size)
{
	struct patch_code code;

	for (n_patches = n_planted; n_patches < PATCHES_MAX && size >= sizeof(code); n_patches++) {
		memcpy(&code, data, sizeof(code));
		patches[n_patches] = decode(&code);
		data += sizeof(code);
		size -= sizeof(code);
	}
}

/* --- reading it ---------------------------------------------------------- */

static char *to_json(const struct snapshot *s)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	snapshot_to_json(s, b);
	json_builder_end_object(b);
	return json_built(b, FALSE);
}

/* What is written can be read, and says the same. */
static void check_json(const struct snapshot *s)
{
	g_autofree char *text = to_json(s), *again = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) root = json_from_string(text, &error);
	SCOPED(snapshot) back = NULL;

	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_no_error(error);
	back = snapshot_from_json(json_node_get_object(root));
	again = to_json(back);
	g_assert_cmpstr(text, ==, again);
}

static void check_graph(const struct snapshot *s)
{
	const struct waitgraph_hints hints = { 0 };
	SCOPED(waitgraph) graph = waitgraph_build(s, &hints);
	g_autofree char *signature = waitgraph_signature(graph);

	g_assert_nonnull(signature);
	for (guint i = 0; i < graph->edges->len; i++) {
		const struct wait_edge *e = &g_array_index(graph->edges, struct wait_edge, i);

		g_assert_cmpuint(e->from, <, graph->nodes->len);
		g_assert_cmpuint(e->to, <, graph->nodes->len);
	}
}

/* A whole reading, as of a guest that swaps over NBD or over something else; NULL when the guest
 * was refused. */
static struct snapshot *read_all(gboolean over_nbd)
{
	static const struct board board;
	g_autoptr(GError) error = NULL;
	struct sample sample = { .host_us = 1 };
	struct snapshot *snapshot;

	reads = 0;

	struct guest *g = guest_open(memory, symbols, types, CPUS, phys_base, NULL, &error);

	if (!g) {
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		return NULL;
	}
	direct_map = g->direct_map;

	struct observer *o = observer_new(g, &board, over_nbd, &error);

	g_assert_no_error(error);
	snapshot = observer_snapshot(o, 1, registers);
	observer_sample(o, &sample);
	observer_free(o);
	guest_close(g);
	g_assert_cmpuint(reads, <=, READS_MAX);
	return snapshot;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(snapshot) snapshot = NULL;
	guint sum = 0;

	decode_all(data, size);
	snapshot = read_all(size % 2 == 0);
	if (!snapshot)
		return 0;
	check_graph(snapshot);
	/* The dearest check, and the least likely to find something: for one input in eight. */
	for (size_t i = 0; i < size; i++)
		sum += data[i];
	if (sum % 8 == 0)
		check_json(snapshot);
	return 0;
}

/* --- the undamaged guest ------------------------------------------------- */

static void load(const char *vmcore, const char *vmlinux)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) cpus = NULL;
	struct guest *g = core_open(vmcore, vmlinux, &cpus, &error);

	g_assert_no_error(error);
	memory = g->memory;
	symbols = g->symbols;
	types = g->types;
	layout = g->at;
	phys_base = g->phys_base;
	guest_close(g); /* these stay: see above */
}

static void plant(const struct guest *g, guint64 vaddr, guint64 value, guint bytes)
{
	struct patch p = { .words = 1 };
	guint64 paddr;

	g_assert_true(guest_translate(g, vaddr, &paddr));
	p.paddr = paddr & ~7ull;
	p.value = content(p.paddr);
	memcpy((guint8 *)&p.value + (paddr & 7), &value, bytes);
	patches[n_planted++] = p;
	n_patches = n_planted;
}

/* Nobody runs in a wedged guest: let a sleeper run, right where it called the scheduler. */
static void plant_running(const struct snapshot *s)
{
	const struct task_facts *t = &g_array_index(s->tasks, struct task_facts, 0);
	struct guest *g = guest_open(memory, symbols, types, CPUS, phys_base, NULL, NULL);
	guint64 hot = symbols_address(symbols, "pcpu_hot") + g->percpu_offset[0];
	struct vcpu_registers cpus[CPUS] = { { .valid = TRUE, .rip = t->stack[0].address },
					     { .cpu = 1, .cpl = 3 } };

	g_assert_true(guest_u64(g, t->address + layout.task_sp, &cpus[0].rsp) &&
		      guest_u64(g, cpus[0].rsp + layout.frame_bp, &cpus[0].rbp));
	plant(g, t->address + layout.task_on_cpu.offset, 1, 1);
	if (layout.hot_task != LAYOUT_NONE)
		plant(g, hot + layout.hot_task, t->address, 8);
	registers = g_array_new(FALSE, FALSE, sizeof(cpus[0]));
	g_array_append_vals(registers, cpus, CPUS);
	guest_close(g);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *vmcore = g_getenv("NETSWAP_FUZZ_VMCORE");
	const char *vmlinux = g_getenv("NETSWAP_FUZZ_VMLINUX");
	SCOPED(snapshot) snapshot = NULL;

	if (!vmcore)
		g_error("NETSWAP_FUZZ_VMCORE names no guest");
	load(vmcore, vmlinux);

	snapshot = read_all(TRUE);
	g_assert_true(snapshot && snapshot->complete);
	plant_running(snapshot);
	snapshot_free(snapshot);

	sites = g_array_new(FALSE, FALSE, sizeof(struct site));
	noted = g_hash_table_new(NULL, NULL);
	snapshot = read_all(TRUE);
	g_clear_pointer(&noted, g_hash_table_unref);
	g_assert_true(snapshot && snapshot->complete);
	g_printerr("fuzz_guest: %u tasks, %u sites, %" G_GUINT64_FORMAT " reads\n",
		   snapshot->tasks->len, sites->len, reads);
	return 0;
}
