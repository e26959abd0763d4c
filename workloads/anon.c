// SPDX-License-Identifier: GPL-2.0-only
/*
 * anon and mlock: fill anonymous memory, then verify it again and again.
 *
 *   pass 1           write every page, generation 1
 *   pass 2 .. n-1    verify every page, rewrite write_percent of them
 *   pass n           verify every page: all that was ever written is checked
 *
 * Its processes begin each pass together (siblings.h).
 *
 * Which pages a pass rewrites is drawn from seed, page and pass, so the
 * generation that a page should hold is computed, not stored.  A corrupt page
 * is counted and the walk goes on: the extent of the damage is evidence too.
 */
#include <errno.h>
#include <sys/mman.h>

#include "pattern.h"
#include "siblings.h"
#include "workload.h"

struct arena {
	uint64_t *memory;
	uint64_t pages;
	uint64_t seed; /* of this process */
};

/* Does pass @pass (1-based, not the first or the last) rewrite @page? */
static int rewrites(const struct workload *w, const struct arena *a, uint64_t page,
		    unsigned int pass)
{
	if (w->write_percent >= 100)
		return 1;
	return pattern_key(a->seed, ~0ull, page, pass) % 100 < w->write_percent;
}

/* The pass that last wrote @page, before pass @pass. */
static unsigned int generation(const struct workload *w, const struct arena *a, uint64_t page,
			       unsigned int pass)
{
	while (--pass > 1)
		if (rewrites(w, a, page, pass))
			break;
	return pass;
}

static void note_corrupt(struct board_slot *slot, uint64_t page, uint64_t expected, uint64_t got)
{
	if (!slot->pages_corrupt) {
		slot->corrupt_index = page;
		slot->corrupt_expected = expected;
		slot->corrupt_got = got;
	}
	slot->pages_corrupt++;
}

static void verify(const struct workload *w, const struct arena *a, uint64_t page,
		   unsigned int pass)
{
	const uint64_t *words = a->memory + page * PATTERN_WORDS;
	uint64_t key = pattern_key(a->seed, w->index, page, generation(w, a, page, pass));
	unsigned int bad = pattern_check(words, key);

	if (bad == PATTERN_WORDS)
		w->progress->pages_verified++;
	else
		note_corrupt(w->progress, page, pattern_word(key, bad), words[bad]);
}

static void visit(const struct workload *w, const struct arena *a, uint64_t page, unsigned int pass)
{
	if (pass > 1)
		verify(w, a, page, pass);
	if (pass == 1 || (pass < w->passes && rewrites(w, a, page, pass)))
		pattern_fill(a->memory + page * PATTERN_WORDS,
			     pattern_key(a->seed, w->index, page, pass));
	w->progress->pages_touched++;
}

static void do_pass(const struct workload *w, const struct arena *a, unsigned int pass)
{
	struct pattern_order order;

	pattern_order_init(&order, a->pages, a->seed + pass);
	for (uint64_t i = 0; i < a->pages; i++)
		visit(w, a, w->random_order ? pattern_order_next(&order) : i, pass);
}

static int run(struct workload *w, int pinned)
{
	struct arena a = {
		.pages = w->total_bytes / w->count / WORKLOAD_PAGE_BYTES,
		.seed = pattern_mix(w->seed) ^ w->index,
	};

	if (!a.pages)
		return workload_failed(w, "total_bytes=%llu is less than a page for each process",
				       (unsigned long long)w->total_bytes);
	a.memory = mmap(NULL, a.pages * WORKLOAD_PAGE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (a.memory == MAP_FAILED)
		return workload_failed(w, "cannot map %llu pages", (unsigned long long)a.pages);
	if (pinned && mlock2(a.memory, a.pages * WORKLOAD_PAGE_BYTES, MLOCK_ONFAULT))
		return workload_failed(w, "cannot lock its memory");
	w->progress->pages_total = a.pages;
	workload_wait_for_start(w);
	for (unsigned int pass = 1; pass <= w->passes; pass++) {
		do_pass(w, &a, pass);
		siblings_wait(w, pass);
	}
	return w->progress->pages_corrupt ? WORKLOAD_CORRUPT : WORKLOAD_PASSED;
}

int run_anon(struct workload *w)
{
	return run(w, 0);
}

/* Locked as they are touched, so that progress shows how far it came. */
int run_mlock(struct workload *w)
{
	return run(w, 1);
}
