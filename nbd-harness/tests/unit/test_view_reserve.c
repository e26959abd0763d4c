// SPDX-License-Identifier: GPL-2.0-only
/* The counters of the emergency reserve, where the kernel has them. */
#include "guest/view_reserve.h"

#include <string.h>

#include "fake_guest.h"

#define PERCPU	   0x1000ull /* where per-CPU variables are linked to */
#define COUNT_AT   8	     /* in struct netswap_counts, of the test's own */
#define ZONE_TYPES 4

struct scene {
	fake_guest f;
	guint64 counts[2]; /* by CPU */
	guint64 lowest;
};

/* A kernel of two CPUs that counts; no zone was short yet. */
static void scene_init(struct scene *s)
{
	fake_guest *f = &s->f;
	struct layout *at = &f->g.at;

	fake_guest_init(f);
	f->g.cpus = 2;
	at->reserve_count = COUNT_AT;
	for (guint i = 0; i < RESERVE_COUNTERS; i++)
		at->reserve[i] = RESERVE_COUNTERS - 1 - i; /* an order of its own */
	at->zone_types = ZONE_TYPES;
	for (guint cpu = 0; cpu < 2; cpu++) {
		s->counts[cpu] = fake_alloc(f, COUNT_AT + 8 * RESERVE_COUNTERS);
		f->g.percpu_offset[cpu] = s->counts[cpu] - PERCPU;
	}
	s->lowest = fake_alloc(f, 8 * (ZONE_TYPES + 1));
	for (guint i = 0; i < ZONE_TYPES; i++)
		fake_u64(f, s->lowest + 8 * i, G_MAXUINT64);
	fake_symbol(f, "netswap_counts", 'd', PERCPU);
	fake_symbol(f, "netswap_lowest_free", 'd', s->lowest);
}

static void scene_clear(struct scene *s)
{
	fake_guest_clear(&s->f);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

static void set(struct scene *s, guint cpu, enum reserve_counter counter, guint64 value)
{
	fake_u64(&s->f, s->counts[cpu] + COUNT_AT + 8 * s->f.g.at.reserve[counter], value);
}

static gint64 count_of(const GArray *reserve, const char *name)
{
	for (guint i = 0; i < reserve->len; i++) {
		const struct reserve_facts *r = &g_array_index(reserve, struct reserve_facts, i);

		if (!strcmp(r->name, name))
			return r->count;
	}
	return -1;
}

static struct sample sample_of(const struct scene *s)
{
	struct sample sample;

	memset(&sample, 0xff, sizeof(sample)); /* SAMPLE_UNKNOWN */
	view_reserve_sample(&s->f.g, &sample);
	return sample;
}

static void test_sums_of_cpus(void)
{
	g_autoptr(GArray) reserve = g_array_new(FALSE, FALSE, sizeof(struct reserve_facts));
	g_auto(scene) s = { 0 };
	struct sample sample;

	scene_init(&s);
	set(&s, 0, RESERVE_pages_pf_memalloc, 40);
	set(&s, 1, RESERVE_pages_pf_memalloc, 2);
	set(&s, 1, RESERVE_pages_gfp_memalloc, 3);
	set(&s, 0, RESERVE_pages_atomic, 10);
	set(&s, 1, RESERVE_pages_high, 7);
	set(&s, 1, RESERVE_refill_failed, 9);
	sample = sample_of(&s);
	g_assert_cmpint(sample.reserve_task_pages, ==, 42);
	g_assert_cmpint(sample.reserve_gfp_pages, ==, 3);
	g_assert_cmpint(sample.reserve_atomic_pages, ==, 17);
	g_assert_true(view_reserve_snapshot(&s.f.g, reserve));
	g_assert_cmpuint(reserve->len, ==, RESERVE_COUNTERS);
	g_assert_cmpint(count_of(reserve, "pages_pf_memalloc"), ==, 42);
	g_assert_cmpint(count_of(reserve, "pages_high"), ==, 7);
	g_assert_cmpint(count_of(reserve, "refill_failed"), ==, 9);
	g_assert_cmpint(count_of(reserve, "slabs"), ==, 0);
}

static void test_lowest(void)
{
	g_auto(scene) s = { 0 };

	scene_init(&s);
	g_assert_cmpint(view_reserve_lowest(&s.f.g, 1), ==, -1);
	g_assert_cmpint(sample_of(&s).lowest_free_pages, ==, SAMPLE_UNKNOWN);
	fake_u64(&s.f, s.lowest, 12);
	fake_u64(&s.f, s.lowest + 8, 0);
	fake_u64(&s.f, s.lowest + 8 * ZONE_TYPES, 1000);
	g_assert_cmpint(view_reserve_lowest(&s.f.g, 0), ==, 12);
	g_assert_cmpint(view_reserve_lowest(&s.f.g, 1), ==, 0);
	g_assert_cmpint(view_reserve_lowest(&s.f.g, ZONE_TYPES), ==, -1);
	g_assert_cmpint(sample_of(&s).lowest_free_pages, ==, 12);
}

/* All is unknown, and nothing is wrong. */
static void test_kernel_that_does_not_count(void)
{
	g_autoptr(GArray) reserve = g_array_new(FALSE, FALSE, sizeof(struct reserve_facts));
	g_auto(fake_guest) f = { 0 };
	struct sample sample;

	fake_guest_init(&f);
	memset(&sample, 0xff, sizeof(sample));
	view_reserve_sample(&f.g, &sample);
	g_assert_cmpint(sample.reserve_task_pages, ==, SAMPLE_UNKNOWN);
	g_assert_cmpint(sample.reserve_atomic_pages, ==, SAMPLE_UNKNOWN);
	g_assert_cmpint(sample.lowest_free_pages, ==, SAMPLE_UNKNOWN);
	g_assert_true(view_reserve_snapshot(&f.g, reserve));
	g_assert_cmpuint(reserve->len, ==, 0);
	g_assert_cmpint(view_reserve_lowest(&f.g, 0), ==, -1);
}

/* A counter that a newer or older series has not got is left out; the others are there. */
static void test_counter_that_is_missing(void)
{
	g_autoptr(GArray) reserve = g_array_new(FALSE, FALSE, sizeof(struct reserve_facts));
	g_auto(scene) s = { 0 };

	scene_init(&s);
	s.f.g.at.reserve[RESERVE_pages_high] = -1;
	g_assert_true(view_reserve_snapshot(&s.f.g, reserve));
	g_assert_cmpuint(reserve->len, ==, RESERVE_COUNTERS - 1);
	g_assert_cmpint(count_of(reserve, "pages_high"), ==, -1);
	g_assert_cmpint(sample_of(&s).reserve_atomic_pages, ==, SAMPLE_UNKNOWN);
}

static void test_wild_counters(void)
{
	g_autoptr(GArray) reserve = g_array_new(FALSE, FALSE, sizeof(struct reserve_facts));
	g_auto(scene) s = { 0 };

	scene_init(&s);
	set(&s, 0, RESERVE_pages_pf_memalloc, G_MAXUINT64);
	g_assert_cmpint(sample_of(&s).reserve_task_pages, ==, G_MAXINT64);
	s.f.g.at.reserve[RESERVE_pages_gfp_memalloc] = 1 << 20;
	g_assert_cmpint(sample_of(&s).reserve_gfp_pages, ==, SAMPLE_UNKNOWN);
	s.f.g.percpu_offset[1] = FAKE_WILD;
	g_assert_false(view_reserve_snapshot(&s.f.g, reserve));
	g_assert_cmpint(sample_of(&s).reserve_task_pages, ==, SAMPLE_UNKNOWN);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view-reserve/sums-of-cpus", test_sums_of_cpus);
	g_test_add_func("/view-reserve/lowest", test_lowest);
	g_test_add_func("/view-reserve/kernel-that-does-not-count",
			test_kernel_that_does_not_count);
	g_test_add_func("/view-reserve/counter-that-is-missing", test_counter_that_is_missing);
	g_test_add_func("/view-reserve/wild-counters", test_wild_counters);
	return g_test_run();
}
